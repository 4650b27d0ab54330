/** Images in memory: pulls that wait or fail, names that move on, removals that a container forbids. */
import { EngineError, type ImageFacts, type PullProgress } from "../../runner/engine/engine.ts";
import type { Failure } from "../../shared/failure.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { FakeContainers, UNAVAILABLE } from "./fake-containers.ts";

export class FakeImages extends FakeContainers {
  images = new Set(["busybox"]);
  /** Each use asks the registry, as for `latest`. */
  fetchAlways = false;
  readonly imageIds = new Map<string, string>();
  readonly removedImages: string[] = [];
  shell = "bash";
  allowRoot = false;
  pullFailure: Failure | null = null;
  /** On their way now. */
  pulls = 0;
  #pullGate: Promise<void> | null = null;
  #openPullGate: () => void = () => {};

  async prepareImage(
    plan: JobPlan,
    options: { signal: AbortSignal; progress: (p: PullProgress) => void },
  ): Promise<ImageFacts> {
    this.answer();
    if (this.#pullGate !== null && !this.images.has(plan.image)) {
      options.progress({ text: "Downloading the image" });
      const aborted = new Promise<never>((_, reject) => {
        options.signal.addEventListener("abort", () => reject(new EngineError({ code: "pull_failed" })));
      });
      this.pulls += 1;
      await Promise.race([this.#pullGate, aborted]).finally(() => {
        this.pulls -= 1;
      });
    }
    return this.#facts(plan);
  }

  #facts(plan: JobPlan): ImageFacts {
    if (plan.asRoot && !this.allowRoot) {
      throw new EngineError({ code: "root_not_allowed" });
    }
    if (this.pullFailure !== null) {
      throw new EngineError(this.pullFailure);
    }
    const fetched = !this.images.has(plan.image) || this.fetchAlways;
    this.images.add(plan.image);
    const id = this.imageIds.get(plan.image) ?? `id-${plan.image}`;
    const facts = { id, digest: "sha256:abc", name: plan.image, environment: {}, fetched };
    return plan.script === undefined ? facts : { ...facts, shell: this.shell };
  }

  async presentImage(plan: JobPlan): Promise<ImageFacts | null> {
    this.answer();
    return this.images.has(plan.image) && !this.fetchAlways ? this.#facts(plan) : null;
  }

  async removeImage(name: string): Promise<"removed" | "in-use"> {
    this.answer();
    if ([...this.containers.values()].some(({ order }) => order.image.name === name)) {
      return "in-use";
    }
    this.images.delete(name);
    this.removedImages.push(name);
    return "removed";
  }

  /** Pulls of images that are not here wait until the returned function is called. */
  holdPulls(): () => void {
    this.#pullGate = new Promise((resolve) => {
      this.#openPullGate = resolve;
    });
    return () => {
      this.#openPullGate();
      this.#pullGate = null;
    };
  }

  protected answer(): void {
    if (this.away) {
      throw new EngineError(UNAVAILABLE);
    }
  }
}
