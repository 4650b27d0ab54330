/** Device files as the tools of a GPU's maker write them, and what Podman makes of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { CdiFiles } from "../../../../runner/devices/cdi.ts";

let root: string;
let files: CdiFiles;
const folder = (name: string) => join(root, name);
const write = (path: string, text: string) => writeFileSync(join(root, path), text);
const troubles = (...names: string[]) => Object.fromEntries(files.troubles(names));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ucloud-cdi-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const name of ["etc", "run"]) {
    mkdirSync(folder(name));
  }
  for (const node of ["gpu0", "gpu1", "control"]) {
    write(node, "");
  }
  files = new CdiFiles([folder("etc"), folder("run")]);
});

const YAML = () => `---
cdiVersion: 0.5.0
kind: acme.com/gpu
containerEdits:
  deviceNodes:
  - path: ${folder("control")}
devices:
- name: "0"
  containerEdits:
    deviceNodes:
    - path: ${folder("gpu0")}
- name: all
  containerEdits:
    deviceNodes:
    - path: /dev/elsewhere
      hostPath: ${folder("gpu1")}
`;
const json = (name: string, node?: string) => {
  const containerEdits = node === undefined ? {} : { deviceNodes: [{ path: folder(node) }] };
  return JSON.stringify({ cdiVersion: "0.3.0", kind: "acme.com/gpu", devices: [{ name, containerEdits }] });
};

test("a device whose file names it and whose nodes are there is well", () => {
  write("etc/acme.yaml", YAML());
  write("run/more.json", json("7"));
  expect(troubles("acme.com/gpu=0", "acme.com/gpu=all", "acme.com/gpu=7")).toEqual({});
});

test.each([
  ["its own node", "gpu0", "acme.com/gpu=0"],
  ["a node of the host under another name", "gpu1", "acme.com/gpu=all"],
  ["what all of them need", "control", "acme.com/gpu=0"],
])("%s is gone", (_, node, name) => {
  write("etc/acme.yaml", YAML());
  expect(troubles(name)).toEqual({});
  rmSync(folder(node));
  expect(troubles(name)).toEqual({ [name]: `${folder(node)} is gone` });
});

test.each([
  ["its file is gone", () => rmSync(folder("etc/acme.json"))],
  ["its file names another", () => write("etc/acme.json", json("another"))],
  ["its file cannot be read", () => write("etc/acme.json", "{")],
  ["its file is no such file", () => write("etc/acme.json", "[]")],
])("a device is lost when %s, and back when it is as before", (_, spoil) => {
  write("etc/acme.json", json("0"));
  expect(troubles("acme.com/gpu=0")).toEqual({});
  spoil();
  expect(troubles("acme.com/gpu=0")["acme.com/gpu=0"]).toContain("names it");
  write("etc/acme.json", json("0"));
  expect(troubles("acme.com/gpu=0")).toEqual({});
});

test("of two folders the later one counts, and other files do not", () => {
  write("etc/acme.json", json("0", "missing"));
  write("run/acme.json", json("0", "gpu0"));
  write("run/acme.json.bak", json("0", "missing"));
  expect(troubles("acme.com/gpu=0")).toEqual({});
});

test("without the folders no device is known", () => {
  expect([...new CdiFiles(["/nowhere"]).troubles(["acme.com/gpu=0"]).keys()]).toEqual(["acme.com/gpu=0"]);
});
