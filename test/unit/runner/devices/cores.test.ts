import { expect, test } from "vitest";
import { type CoreMap, chooseCores, parseCores } from "../../../../runner/devices/cores.ts";

const EIGHT: CoreMap = { cores: [0, 1, 2, 3, 4, 5, 6, 7], nodes: [parseCores("0-3"), parseCores("4-7")], kept: 0 };

test.each<[string, number, Partial<CoreMap>, number[], number[] | null]>([
  ["the first of a node", 2, {}, [], [0, 1]],
  ["neighbours, in the shortest gap that is long enough", 2, {}, [2, 4, 6, 7], [0, 1]],
  ["the fuller node, lest the empty one is broken up", 2, {}, [4, 5], [6, 7]],
  ["one node, rather than neighbours of two", 3, {}, [0, 1, 4], [5, 6, 7]],
  ["neighbours of two nodes, where none has enough", 3, {}, [0, 1, 6, 7], [2, 3, 4]],
  ["what is left, where there are no neighbours", 2, {}, [0, 2, 3, 4, 6, 7], [1, 5]],
  ["not the system's", 2, { kept: 2 }, [], [2, 3]],
  ["the system's too, where there are no others", 4, { kept: 2 }, [4, 5, 6, 7], [0, 1, 2, 3]],
  ["all", 8, {}, [], [0, 1, 2, 3, 4, 5, 6, 7]],
  ["none, where there are too few", 3, {}, [0, 1, 2, 3, 4, 5], null],
])("%s", (_, count, map, taken, chosen) => {
  expect(chooseCores(count, { ...EIGHT, ...map }, new Set(taken))).toEqual(chosen);
});

test.each<[string, number[]]>([
  ["0-3,8", [0, 1, 2, 3, 8]],
  ["5\n", [5]],
  ["", []],
  ["x-y,2", [2]],
  ["3-1", []],
])("the kernel's list %j", (text, cores) => {
  expect(parseCores(text)).toEqual(cores);
});
