/** One site for all tests of a file. A rule of UCloud's that is broken fails the test in which it happened. */
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { SHORT_TIMES, Site, type SiteOptions } from "./site.ts";

/** With short times unless others are given. What it returns may be used within tests and hooks only. */
export function sharedSite(options: SiteOptions | (() => Promise<SiteOptions>) = {}): () => Site {
  let site: Site | null = null;
  const current = (): Site => {
    if (site === null) {
      throw new Error("the site has not been started");
    }
    return site;
  };

  beforeAll(async () => {
    const given = typeof options === "function" ? await options() : options;
    site = await Site.start({ times: SHORT_TIMES, ...given });
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") {
      console.error(await current().account());
    }
    const { violations } = current().ucloud.book;
    expect(violations.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await site?.stop();
  });
  return current;
}
