import { expect, test } from "vitest";
import { Progress } from "../../../../runner/attempt/progress.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

test("the first text leaves at once, later ones every three seconds, and only the newest", async () => {
  const clock = new ManualClock();
  const said: string[] = [];
  const progress = new Progress(clock, (text) => said.push(text));
  for (const text of ["1 of 9", "2 of 9", "3 of 9"]) {
    progress.offer(text);
  }
  expect(said).toEqual(["1 of 9"]);
  await clock.advance(3_000);
  expect(said).toEqual(["1 of 9", "3 of 9"]);
});

test("the same text is said once, and nothing after the end", async () => {
  const clock = new ManualClock();
  const said: string[] = [];
  const progress = new Progress(clock, (text) => said.push(text));
  progress.offer("waiting");
  progress.offer("waiting");
  await clock.advance(10_000);
  expect(said).toEqual(["waiting"]);
  progress.offer("one");
  progress.offer("two");
  progress.stop();
  await clock.advance(10_000);
  expect(said).toEqual(["waiting", "one"]);
});
