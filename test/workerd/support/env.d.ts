/** The types of the tests' `env` and `exports`: the Worker's bindings and modules, and bindings of the tests' own. */
import type { Env as WorkerEnv } from "../../../worker/env.ts";

declare global {
  namespace Cloudflare {
    interface Env extends WorkerEnv {
      CORE_PRIVATE_KEY: string;
      FUZZ_RUNS: string;
      FUZZ_SEED: string;
    }
    interface GlobalProps {
      mainModule: typeof import("../../../worker/index.ts");
    }
  }
}
