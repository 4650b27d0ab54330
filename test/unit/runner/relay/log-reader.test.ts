/** A log on the disk as Podman writes it: read from any place on, while it grows, ends and is rotated. */
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GAP } from "../../../../runner/engine/log-content.ts";
import { LogReader, type Piece } from "../../../../runner/relay/log-reader.ts";
import { MAX_CHUNK_BYTES } from "../../../../shared/relay.ts";

const TIME = "2026-01-01T00:00:00.000000000+00:00";

let folder: string;
let path: string;
const readers: LogReader[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ucloud-edge-log-"));
  path = join(folder, "output.log");
});

afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
  rmSync(folder, { recursive: true });
});

function line(text: string, { from = "stdout", tag = "F" } = {}): string {
  return `${TIME} ${from} ${tag} ${text}\n`;
}

/** As conmon does it: the new file is made beside the old one and takes its place. */
function rotate(text: string): void {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}

function reading(given: { cursor?: string | null; startedAtMs?: number | null } = {}): LogReader {
  const reader = new LogReader(path, { cursor: null, startedAtMs: null, ...given });
  readers.push(reader);
  return reader;
}

async function readAll(reader: LogReader, { maxBytes = MAX_CHUNK_BYTES, isOver = false } = {}): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (let piece = await reader.read(maxBytes, isOver); piece !== null; piece = await reader.read(maxBytes, isOver)) {
    pieces.push(piece);
  }
  return pieces;
}

function text(pieces: Piece[]): string {
  return pieces.flatMap(({ entries }) => entries.map((entry) => entry.text)).join("");
}

test("a log that is not there yet is empty, and is found when it is", async () => {
  const reader = reading();
  expect(await readAll(reader)).toEqual([]);
  expect(reader.isThere).toBe(false);
  writeFileSync(path, line("one"));
  expect(text(await readAll(reader))).toBe("one\n");
  expect(reader.isThere).toBe(true);
});

test("both streams come apart and in their order", async () => {
  writeFileSync(path, line("a") + line("b") + line("wrong", { from: "stderr" }) + line("c"));
  const [piece] = await readAll(reading());
  expect(piece?.entries).toEqual([
    { from: "stdout", text: "a\nb\n" },
    { from: "stderr", text: "wrong\n" },
    { from: "stdout", text: "c\n" },
  ]);
  expect(piece?.bytes).toBe(12);
});

test("a prompt without a newline shows at once; a line that is being written waits for its end", async () => {
  writeFileSync(path, line("name? ", { tag: "P" }) + line("half a line").slice(0, -1));
  const reader = reading();
  expect(text(await readAll(reader))).toBe("name? ");
  appendFileSync(path, "\n");
  expect(text(await readAll(reader))).toBe("half a line\n");
});

test("the unfinished line of an ended job is shown", async () => {
  writeFileSync(path, line("a") + line("cut").slice(0, -1));
  const reader = reading();
  expect(text(await readAll(reader))).toBe("a\n");
  expect(text(await readAll(reader, { isOver: true }))).toBe("cut\n");
});

test("a character that is cut by Podman's own pieces is put together, on either stream", async () => {
  const [head, tail] = [Buffer.from([0xe2, 0x82]), Buffer.from([0xac])];
  const raw = (bytes: Buffer, from: string, tag: string) =>
    Buffer.concat([Buffer.from(`${TIME} ${from} ${tag} `), bytes, Buffer.from("\n")]);
  writeFileSync(
    path,
    Buffer.concat([
      raw(head, "stdout", "P"),
      raw(head, "stderr", "P"),
      raw(tail, "stdout", "F"),
      raw(tail, "stderr", "F"),
    ]),
  );
  expect((await readAll(reading()))[0]?.entries).toEqual([
    { from: "stdout", text: "€\n" },
    { from: "stderr", text: "€\n" },
  ]);
});

test("half a character at the end of all is shown as what it is", async () => {
  writeFileSync(path, Buffer.concat([Buffer.from(`${TIME} stdout P a`), Buffer.from([0xe2, 0x82, 10])]));
  const reader = reading();
  expect(text(await readAll(reader, { isOver: true }))).toBe("a");
  expect(reader.finish()).toEqual([{ from: "stdout", text: "\ufffd" }]);
});

test("from every cursor the rest follows, without a byte lost or repeated", async () => {
  const lines = Array.from({ length: 300 }, (_, index) => line(`€ ${index}`, { tag: index % 3 ? "F" : "P" }));
  writeFileSync(path, lines.join(""));
  const whole = text(await readAll(reading()));
  const pieces = await readAll(reading(), { maxBytes: 50 });
  expect(pieces.length).toBeGreaterThan(30);
  expect(Math.max(...pieces.map(({ bytes }) => bytes))).toBeLessThanOrEqual(50);
  let shown = "";
  for (const piece of pieces) {
    shown += text([piece]);
    expect(shown + text(await readAll(reading({ cursor: piece.cursor })))).toBe(whole);
  }
});

test("a rotated log is read to its end before the next one, however far behind the reader is", async () => {
  writeFileSync(path, line("a") + line("b"));
  const reader = reading();
  const first = await reader.read(1, false);
  appendFileSync(path, line("c"));
  rotate(line("d"));
  expect(text([...(first ? [first] : []), ...(await readAll(reader, { maxBytes: 1 }))])).toBe("a\nb\nc\nd\n");
});

test("a reader that is two rotations behind is told of the gap, and holds no third file", async () => {
  writeFileSync(path, line("a") + line("b"));
  const reader = reading();
  const first = await reader.read(1, false);
  for (const name of ["lost", "lost too", "kept"]) {
    rotate(line(name));
    await reader.look();
  }
  const rest = await readAll(reader);
  expect(text([...(first ? [first] : []), ...rest])).toBe(`a\nb\n${GAP}kept\n`);
});

test("a cursor into a file that is gone leads to a gap and to what is there", async () => {
  writeFileSync(path, line("a"));
  const [piece] = await readAll(reading());
  rotate(line("b"));
  const pieces = await readAll(reading({ cursor: piece?.cursor ?? null }));
  expect(pieces[0]?.entries).toEqual([{ from: "stderr", text: GAP }]);
  expect(text(pieces)).toBe(`${GAP}b\n`);
});

test("a log that is much younger than its job is not the first one", async () => {
  writeFileSync(path, line("a"));
  expect(text(await readAll(reading({ startedAtMs: Date.now() - 60_000 })))).toBe(`${GAP}a\n`);
  expect(text(await readAll(reading({ startedAtMs: Date.now() - 1_000 })))).toBe("a\n");
});

test("a cursor that nobody wrote begins at the beginning", async () => {
  writeFileSync(path, line("a"));
  expect(text(await readAll(reading({ cursor: "nonsense" })))).toBe("a\n");
});

test("something that is no log at all stops nothing", async () => {
  writeFileSync(path, `${"x".repeat(300_000)}\n${line("a")}`);
  expect(text(await readAll(reading()))).toBe("a\n");
});
