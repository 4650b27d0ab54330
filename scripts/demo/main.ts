/**
 * The demo: a story in which everything is real but UCloud itself. Ends with 0 only if all that the story promises
 * happened, with 2 if nobody knows the story.
 */
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ADMIN_TOKEN, CATEGORY, Site } from "../../test/support/site.ts";
import { Narrator } from "./narrator.ts";
import { STORIES, storyList } from "./stories.ts";
import type { Story } from "./story.ts";

const USAGE = `npm run demo                    plays ${STORIES[0].name}
npm run demo -- NAME            plays another story
npm run demo -- [NAME] --keep   leaves everything running afterwards
npm run demo -- --list

${storyList()}`;

const narrator = new Narrator();
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => interrupted.abort(new Error("interrupted")));
}

async function keep(site: Site): Promise<void> {
  narrator.title("Everything keeps running until Ctrl-C");
  narrator.detail(
    `jobs:    curl -H 'Authorization: Bearer ${ADMIN_TOKEN}' ${site.gateway.url}/admin/jobs`,
    `runners: curl -H 'Authorization: Bearer ${ADMIN_TOKEN}' ${site.gateway.url}/admin/runners`,
    `a code for another runner of category ${CATEGORY}:`,
    `         curl -H 'Authorization: Bearer ${ADMIN_TOKEN}' ${site.gateway.url}/admin/enrollments \\`,
    `              -d '{"name":"node-2","categories":["${CATEGORY}"]}'`,
    `podman:  podman --url unix://${site.podman.socketPath} ps --all`,
    `state:   ${site.folder}`,
  );
  const idle = pause(2 ** 31 - 1, undefined, { signal: interrupted.signal }).catch(() => {});
  await idle;
}

async function tell(story: Story, isKept: boolean): Promise<number> {
  narrator.title(story.title);
  const { strike, ...options } = await story.stage();
  const site = await Site.start(options);
  try {
    const stopped = once(interrupted.signal, "abort").then(() => Promise.reject(interrupted.signal.reason));
    await Promise.race([story.play({ site, narrator }), stopped]);
    narrator.end(story.end);
    if (isKept) {
      await keep(site);
    }
    return 0;
  } catch (error) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
    return 1;
  } finally {
    await site.stop();
    await strike?.();
  }
}

type Wish = { is: "list" } | { is: "story"; story: Story; isKept: boolean } | { is: "unclear"; why: string };

function wishOf(args: string[]): Wish {
  const flags = { list: { type: "boolean", default: false }, keep: { type: "boolean", default: false } } as const;
  try {
    const { values, positionals } = parseArgs({ args, options: flags, allowPositionals: true });
    if (values.list) {
      return { is: "list" };
    }
    const [name = STORIES[0].name, ...rest] = positionals;
    const story = STORIES.find((one) => one.name === name);
    return story === undefined || rest.length > 0
      ? { is: "unclear", why: `There is no story ${[name, ...rest].join(" ")}.` }
      : { is: "story", story, isKept: values.keep };
  } catch (error) {
    return { is: "unclear", why: error instanceof Error ? error.message : String(error) };
  }
}

async function main(): Promise<number> {
  const wish = wishOf(process.argv.slice(2));
  switch (wish.is) {
    case "list":
      console.log(storyList());
      return 0;
    case "unclear":
      console.error(`${wish.why}\n\n${USAGE}`);
      return 2;
    case "story":
      return tell(wish.story, wish.isKept);
  }
}

process.exit(await main());
