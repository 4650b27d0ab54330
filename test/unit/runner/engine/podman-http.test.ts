/** A Podman service that takes a call and never answers it, or says too much: every call ends. */
import { createServer, type RequestListener } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createPodmanHttp } from "../../../../runner/engine/podman-http.ts";
import { aStateFolder } from "../../../support/runner/state-folder.ts";

async function aService(answer: RequestListener) {
  const socketPath = join(aStateFolder(), "podman.sock");
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return createPodmanHttp(socketPath);
}

test("a call that is not answered in time is given up, and may have arrived", async () => {
  const http = await aService(() => {});
  const failed = expect.objectContaining({ unknown: true, failure: { code: "podman_unavailable" } });
  await expect(http.call("POST", "/containers/x/start", { deadlineMs: 50 })).rejects.toEqual(failed);
});

test("an answer that breaks off in its middle may have had its effect", async () => {
  const http = await aService((_request, response) => {
    response.writeHead(200, { "content-length": 10 }).flushHeaders();
    response.socket?.destroy();
  });
  await expect(http.call("POST", "/containers/x/start", { deadlineMs: 5_000 })).rejects.toMatchObject({
    unknown: true,
  });
});

test("a redirect is an answer and is not followed", async () => {
  let calls = 0;
  const http = await aService((_request, response) => {
    calls += 1;
    response.writeHead(302, { location: "http://elsewhere.invalid/" }).end();
  });
  expect(await http.call("GET", "/info", { deadlineMs: 5_000 })).toMatchObject({ status: 302 });
  expect(calls).toBe(1);
});
