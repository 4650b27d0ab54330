/**
 * What Prometheus is shown of things that happen rather than stand: how long Podman takes. An engine that is measured is
 * an engine; which of its calls there are is the engine's own business.
 */
import { Histogram, type Registry } from "prom-client";
import type { Engine } from "./engine/engine.ts";

/** A question takes milliseconds, a start some hundred, a pull minutes. */
const BUCKETS_S = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 20, 60, 300];
/** It lasts as long as the container runs. */
const UNMEASURED = new Set(["wait"]);

export function measuredEngine(engine: Engine, registry: Registry): Engine {
  const histogram = new Histogram({
    name: "ucloud_runner_podman_call_duration_seconds",
    help: "How long calls to Podman took, by call and by how they ended.",
    labelNames: ["call", "outcome"],
    buckets: BUCKETS_S,
    registers: [registry],
  });
  return new Proxy(engine, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function" || typeof name !== "string" || UNMEASURED.has(name)) {
        return typeof method === "function" ? method.bind(target) : method;
      }
      return (...given: unknown[]) => {
        const stop = histogram.startTimer({ call: name });
        const answer: unknown = method.apply(target, given);
        if (answer instanceof Promise) {
          answer.then(
            () => stop({ outcome: "ok" }),
            () => stop({ outcome: "failed" }),
          );
        }
        return answer;
      };
    },
  });
}
