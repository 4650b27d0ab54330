/**
 * A tar archive in memory (POSIX ustar), enough for a test image: folders, files and symbolic links with exact modes.
 * Written here because `tar` would take modes and owners from the machine that runs the tests.
 */

export type TarEntry =
  | { kind: "folder"; path: string; mode?: number }
  | { kind: "file"; path: string; content: Buffer; mode?: number }
  | { kind: "link"; path: string; target: string };

const BLOCK_BYTES = 512;

export function writeTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = entry.kind === "file" ? entry.content : Buffer.alloc(0);
    return [header(entry, content.length), content, Buffer.alloc(-content.length & (BLOCK_BYTES - 1))];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}

const TYPE_FLAGS = { file: "0", link: "2", folder: "5" } as const;
const MODES = { file: 0o644, link: 0o777, folder: 0o755 } as const;

function header(entry: TarEntry, sizeBytes: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const mode = entry.kind === "link" ? MODES.link : (entry.mode ?? MODES[entry.kind]);
  block.write(entry.path, 0, 100);
  writeOctal(block, mode, 100, 8);
  writeOctal(block, 0, 108, 8);
  writeOctal(block, 0, 116, 8);
  writeOctal(block, sizeBytes, 124, 12);
  writeOctal(block, 0, 136, 12);
  block.write(TYPE_FLAGS[entry.kind], 156);
  block.write(entry.kind === "link" ? entry.target : "", 157, 100);
  block.write("ustar\x0000", 257, "latin1");
  // The checksum counts its own field as blanks.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function writeOctal(block: Buffer, value: number, offset: number, width: number): void {
  block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, offset, "latin1");
}
