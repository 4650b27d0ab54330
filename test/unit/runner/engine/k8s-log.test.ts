import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseLogLine, readTail, splitLog } from "../../../../runner/engine/k8s-log.ts";

const TIME = "2026-11-24T12:36:37.986654404+00:00";
const line = (rest: string): string => `${TIME} ${rest}\n`;
const parse = (text: string) => {
  const parsed = parseLogLine(Buffer.from(text, "latin1"));
  return parsed && [parsed.stream, parsed.content.toString("latin1")];
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ucloud-edge-log-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function tailOf(content: string | Buffer, maxBytes: number): Promise<string> {
  const path = join(folder, "log");
  await writeFile(path, content, "latin1");
  return (await readTail(path, maxBytes)).toString("latin1");
}

test("a whole line has its newline back, a piece of one has none", () => {
  expect(parse(`${TIME} stdout F hello`)).toEqual(["stdout", "hello\n"]);
  expect(parse(`${TIME} stderr P hel`)).toEqual(["stderr", "hel"]);
  expect(parse(`${TIME} stdout F `)).toEqual(["stdout", "\n"]);
  expect(parse(`${TIME} stdout F  two  blanks`)).toEqual(["stdout", " two  blanks\n"]);
  expect(parse("no line of a log")).toBeNull();
  expect(parse("")).toBeNull();
});

test("a line that is still being written counts as far as it goes", () => {
  const lines = [...splitLog(Buffer.from(`${line("stdout F one")}${TIME} stdout F tw`))];
  expect(lines.map(({ content }) => content.toString())).toEqual(["one\n", "tw\n"]);
});

test("the tail holds both streams in order and is cut to the byte", async () => {
  const log = line("stdout P a") + line("stderr F b") + line("stdout F c");
  expect(await tailOf(log, 100)).toBe("ab\nc\n");
  expect(await tailOf(log, 3)).toBe("\nc\n");
  expect(await tailOf(log, 0)).toBe("");
});

test("a log that is not there or is empty has an empty tail", async () => {
  expect((await readTail(join(folder, "none"), 10)).length).toBe(0);
  expect(await tailOf("", 10)).toBe("");
});

test("of a large log only the end is read, and content that looks like a header stays content", async () => {
  const trap = line(`stdout F ${TIME} stderr F trap`);
  const path = join(folder, "large");
  await writeFile(path, "");
  for (let mebibytes = 0; mebibytes < 8; mebibytes++) {
    await appendFile(path, trap.repeat(Math.ceil(2 ** 20 / trap.length)));
  }
  const tail = (await readTail(path, 4096)).toString("latin1");
  expect(tail.length).toBe(4096);
  expect(tail.endsWith(`${TIME} stderr F trap\n`)).toBe(true);
});

test("8 KiB of empty lines are found although each costs many bytes of the file", async () => {
  expect(await tailOf(line("stdout F ").repeat(20_000), 8192)).toBe("\n".repeat(8192));
});

test("whatever bytes a program writes in pieces come back whole", () => {
  const piece = fc.tuple(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10))),
    fc.constantFrom("F", "P"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const log = Buffer.concat(
        pieces.flatMap(([bytes, tag]) => [Buffer.from(`${TIME} stdout ${tag} `), bytes, Buffer.from("\n")]),
      );
      const told = Buffer.concat([...splitLog(log)].map(({ content }) => content));
      const meant = Buffer.concat(pieces.flatMap(([bytes, tag]) => [bytes, Buffer.from(tag === "F" ? "\n" : "")]));
      expect(told).toEqual(meant);
    }),
  );
});
