/** UCloud's control API as the objects see it: it takes everything and remembers it, unless a test says otherwise. */
import { vi } from "vitest";
import * as z from "zod";
import { UCLOUD_URL } from "./bindings.ts";

export const REFRESH = "/auth/providers/refresh";
export const UPDATE = "/api/jobs/control/update";
export const EXISTS = "/api/providers/resources/checkExistence";
export const RETRIEVE = "/api/jobs/control/retrieve";

const updatesSchema = z.object({
  items: z.array(z.object({ id: z.string(), update: z.record(z.string(), z.unknown()) })),
});
const itemsSchema = z.object({ items: z.array(z.unknown()) });

export type Asked = { path: string; query: URLSearchParams; token: string | null; body: unknown };
type Answer = (asked: Asked) => Response | Promise<Response>;

export const ACCESS_TOKEN = "provider-access-token";

export class UcloudStandIn {
  readonly asked: Asked[] = [];
  readonly #answers = new Map<string, Answer>([
    [REFRESH, () => Response.json({ responses: [{ accessToken: ACCESS_TOKEN }] })],
    [UPDATE, () => Response.json({})],
    [EXISTS, ({ body }) => Response.json({ responses: itemsSchema.parse(body).items.map(() => true) })],
    [RETRIEVE, () => Response.json({}, { status: 404 })],
  ]);

  answer(path: string, answer: Answer): void {
    this.#answers.set(path, answer);
  }

  /** The updates of one job, or of all, in the order in which they came. */
  told(id?: string): Record<string, unknown>[] {
    return this.asked
      .filter(({ path }) => path === UPDATE)
      .flatMap(({ body }) => updatesSchema.parse(body).items)
      .filter((item) => id === undefined || item.id === id)
      .map(({ update }) => update);
  }

  async take(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const { pathname, searchParams, origin } = new URL(request.url);
    if (origin !== UCLOUD_URL) {
      throw new Error("the gateway talks to somebody else");
    }
    const text = await request.text();
    const asked = {
      path: pathname,
      query: searchParams,
      token: request.headers.get("Authorization"),
      body: text === "" ? undefined : JSON.parse(text),
    };
    this.asked.push(asked);
    return (await this.#answers.get(pathname)?.(asked)) ?? new Response(null, { status: 404 });
  }
}

/** Replaces the one of before. */
export function startUcloud(): UcloudStandIn {
  const ucloud = new UcloudStandIn();
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => ucloud.take(input, init));
  return ucloud;
}
