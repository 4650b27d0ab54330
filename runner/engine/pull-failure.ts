/**
 * Why a pull failed. Podman answers a pull with 200 and then one line of text; neither its status nor a field names the
 * reason. So this is the one place that reads such a text, and it looks only for tokens that are documented
 * elsewhere: HTTP statuses, the error codes of the registry protocol, Go's form of a transport error, strerror.
 * The text itself goes no further. Pure.
 */
import type { FailureCode } from "../../shared/failure.ts";

/**
 * Every token follows `: ` or a word of Podman's own: names of images hold no blanks, so nobody can write one into
 * a name. The first match decides.
 */
const TOKENS: readonly (readonly [RegExp, FailureCode])[] = [
  [/: no space left on device/, "disk_full"],
  [/no image found in (?:manifest list|image index) for architecture /, "wrong_architecture"],
  // The site's own policy.json.
  [/: Source image rejected: /, "image_not_allowed"],
  [/^invalid reference format$|: invalid reference format$/, "image_name_invalid"],
  // Codes of the distribution protocol, as its Go library prints them.
  [/: toomanyrequests: /, "registry_unavailable"],
  [/(?:: |: errors:\n)(?:unauthorized|denied): /, "image_denied"],
  [/: unable to retrieve auth token: invalid username\/password/, "image_denied"],
  // Docker Hub's sentence for what is private or is not there; newer clients leave its code out.
  [/: requested access to the resource is denied/, "image_denied"],
  [/: (?:manifest|name|blob) unknown(?:$|: )/, "image_not_found"],
  [/: unavailable: /, "registry_unavailable"],
];

const STATUS = /(?: StatusCode: |: received unexpected HTTP status: |: HTTP status: )([1-5]\d\d)\b/;
/** Go's url.Error: the request got no answer at all (name, route, connection, TLS, time). */
const TRANSPORT = /\b(?:Get|Head|Post) "https?:\/\/[^" ]+": /;
const CONNECTION =
  /: (?:EOF|unexpected EOF|i\/o timeout|connection refused|connection reset by peer|TLS handshake timeout|context deadline exceeded|no such host)$/;

/** `pull_failed` for what cannot be told: the node's side, so another runner is tried. */
export function classifyPullError(text: string): FailureCode {
  // A registry's page may follow its status; what matters stands at the beginning.
  const head = text.slice(0, 4096);
  for (const [token, code] of TOKENS) {
    if (token.test(head)) {
      return code;
    }
  }
  const status = Number(STATUS.exec(head)?.[1] ?? 0);
  if (status > 0) {
    return codeOfStatus(status);
  }
  return TRANSPORT.test(head) || CONNECTION.test(head) ? "registry_unavailable" : "pull_failed";
}

function codeOfStatus(status: number): FailureCode {
  if (status === 401 || status === 403) {
    return "image_denied";
  }
  if (status === 404) {
    return "image_not_found";
  }
  return status === 408 || status === 429 || status >= 500 ? "registry_unavailable" : "pull_failed";
}
