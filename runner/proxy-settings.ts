/** What an operator says about the runner's own way to the gateway, checked. */
import * as z from "zod/mini";
import { invalid, mapped } from "../shared/schema.ts";

/** Without a scheme it is http. null: no address of a proxy that could be used. */
export function parseProxy(text: string): URL | null {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(address)) {
    return null;
  }
  const url = new URL(address);
  return url.protocol === "http:" || url.protocol === "https:" ? url : null;
}

const proxy = mapped(z.string(), (text, context): URL | "none" => {
  const url = text === "none" ? text : parseProxy(text);
  if (url === null || url === "none") {
    return url ?? invalid(context, "is not the address of an HTTP proxy, such as http://proxy.example.org:3128");
  }
  if (url.username !== "" || url.password !== "") {
    return invalid(context, "takes no password: others see it here. Write user:password into proxy-auth-file");
  }
  return url;
});

export const proxySettings = {
  /** `none`: also where the environment names one. */
  proxy: z.optional(proxy),
  "proxy-auth-file": z.optional(z.string()),
  /** Authorities beside those that Node and the machine know. */
  "ca-file": z.optional(z.string()),
};
