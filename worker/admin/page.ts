/**
 * The operator's page. Its files travel inside the Worker, so that it is there wherever the Worker runs; they hold
 * nothing of the site, so anybody may have them. What is secret comes by the admin API, with the operator's token.
 */
import page from "../../dist/page.json";

/** Nothing but the page's own files runs, is drawn or is asked, and no text can become HTML or script. */
const POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "connect-src"].map((kind) => `${kind} 'self'`),
  ...["frame-ancestors", "base-uri", "form-action"].map((kind) => `${kind} 'none'`),
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS = {
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  // A deploy changes all of them at once.
  "Cache-Control": "no-cache",
};

type PageFile = { path: string; show(): Response };

const file = (path: string, type: string, content: string): PageFile => ({
  path,
  show: () => new Response(content, { headers: { ...HEADERS, "Content-Type": type } }),
});

export const PAGE_FILES: PageFile[] = [
  file("/admin/", "text/html; charset=utf-8", page.html),
  file("/admin/page.js", "text/javascript; charset=utf-8", page.script),
  file("/admin/page.css", "text/css; charset=utf-8", page.style),
  file("/admin/page.svg", "image/svg+xml", page.icon),
];
