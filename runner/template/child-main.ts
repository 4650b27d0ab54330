/** The renderer's process in a checkout; the bundle is its own (`child-command.ts`). */
import { renderChild } from "./child.ts";

renderChild();
