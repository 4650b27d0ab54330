/** Functions that UCloud adds. `ternary` is part of the language by the time the engine sees it (`rewrite.ts`). */
import { DialectError } from "./dialect-error.ts";
import type { Callback } from "./filters.ts";

/** Jobs have no interfaces here: to name or announce one changes nothing and prints nothing. */
const nothing: Callback = () => undefined;

export const FUNCTIONS: Readonly<Record<string, Callback>> = {
  dynamicInterface: nothing,
  setInterfaceName: nothing,
  ternary: () => {
    throw new DialectError("the function ternary takes a condition and two values");
  },
};
