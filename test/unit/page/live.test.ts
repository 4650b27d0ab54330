/** How often the page asks, and whom: no queue is woken by somebody who looks. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AskError, Gateway } from "../../../page/gateway.ts";
import { follow } from "../../../page/live.ts";

const A_WHILE_MS = 60_000;

class Tab extends EventTarget {
  hidden = false;

  turn(hidden: boolean): void {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

const fetch = vi.fn<() => Promise<unknown>>();
const answer = { ok: true, status: 200, json: async () => ({}) };
const heard = { news: vi.fn(), trouble: vi.fn() };
let tab: Tab;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetAllMocks();
  tab = new Tab();
  vi.stubGlobal("document", tab);
  vi.stubGlobal("fetch", fetch);
  fetch.mockResolvedValue(answer);
  stop = follow(new Gateway("secret"), heard);
});

afterEach(() => {
  stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a page that is looked at asks for the overview three times a minute, and for nothing else", async () => {
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  const asked = ["/admin/overview", expect.objectContaining({ headers: { Authorization: "Bearer secret" } })];
  expect(fetch.mock.calls).toEqual([asked, asked, asked]);
  expect(heard.news).toHaveBeenCalledTimes(3);
});

test("a page that nobody looks at asks nothing, and asks at once when somebody looks again", async () => {
  tab.turn(true);
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  expect(fetch).not.toHaveBeenCalled();
  tab.turn(false);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("hidden while it asks, it does not ask again", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  fetch.mockReturnValueOnce(promise);
  await vi.advanceTimersByTimeAsync(20_000);
  tab.turn(true);
  resolve(answer);
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("trouble is told, and it goes on asking", async () => {
  fetch.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  expect(heard.trouble.mock.calls).toEqual([[expect.any(AskError)]]);
  expect(heard.news).toHaveBeenCalledTimes(2);
});

test("after its end nothing is asked or told, not even what was on its way", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  fetch.mockReturnValueOnce(promise);
  await vi.advanceTimersByTimeAsync(20_000);
  stop();
  resolve(answer);
  tab.turn(false);
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(heard.news).not.toHaveBeenCalled();
});
