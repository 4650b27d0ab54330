/** Every story of `npm run demo -- --list` but the first, which the end-to-end tests play. */
import { expect, test } from "vitest";
import { STORIES } from "../../scripts/demo/stories.ts";
import { inOwnNetwork } from "../support/own-network.ts";

test.each(STORIES.slice(1).map(({ name, end }) => [name, end] as const))(
  "the story %s keeps its promises and asks no network",
  async (name, end) => {
    const { lines, sent } = await inOwnNetwork("node", "scripts/demo.mjs", name);
    expect(lines).toContain(end);
    expect(lines).toContain("exit 0");
    expect(sent).toBe(0);
  },
);
