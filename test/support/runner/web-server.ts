/** A plain HTTP server on loopback that answers what the test says and keeps what it was asked. */
import { once } from "node:events";
import { createServer } from "node:http";
import { onTestFinished } from "vitest";

type Asked = { method: string; path: string; body: string; authorization?: string | undefined };
type Answer = { status: number; body: string; headers?: Record<string, string> };

export async function aWebServer(answer: (asked: Asked) => Answer): Promise<{ url: string; requests: Asked[] }> {
  const requests: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const { method = "", url: path = "", headers: sent } = request;
    const asked = { method, path, body: Buffer.concat(chunks).toString(), authorization: sent.authorization };
    requests.push(asked);
    const { status, body, headers } = answer(asked);
    response.writeHead(status, headers).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("a TCP server has a port");
  }
  return { url: `http://127.0.0.1:${address.port}`, requests };
}
