/**
 * Whether Podman gets images from where they are, on its own way: with its proxy, mirrors, authorities, credentials. An
 * image that is named is pulled and removed again. Without one the default registry is asked for an image that nobody
 * has: any word about it, and a refusal too, comes from a registry that was reached.
 */
import { type FailureCode, failureText } from "../../shared/failure.ts";
import { type Engine, EngineError } from "../engine/engine.ts";
import { imageCandidates } from "../engine/image-name.ts";
import { Puller } from "../engine/image-pull.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, note, skipped } from "./finding.ts";
import { adviceForWay } from "./podman-way.ts";

const ANSWER_MS = 60_000;
const ASK_MS = 10_000;
const NOBODYS_IMAGE = "ucloud-doctor/no-such-image:none";
const ANSWERS: readonly FailureCode[] = ["image_not_found", "image_denied"];

type Asked = Pick<Examination, "command" | "gateway" | "http" | "signal"> & { engine: Pick<Engine, "removeImage"> };

export async function checkRegistry(examination: Asked): Promise<Found[]> {
  const { flags, settings } = examination.command;
  const registry = settings["default-registry"];
  if (typeof flags.image === "string" && flags.image !== "") {
    return [await pullImage(examination, flags.image)];
  }
  if (registry === "none") {
    return [good("none by default, as set")];
  }
  const answer = await pull(examination, `${registry}/${NOBODYS_IMAGE}`, AbortSignal.timeout(ANSWER_MS));
  if (answer === null || ANSWERS.includes(answer.failure.code)) {
    return [good(`${registry} answers`)];
  }
  const advice = `${await adviceForWay(examination)} What counts is an image that jobs use: doctor --image NAME pulls it.`;
  return [note(`${registry}: ${failureText({ code: answer.failure.code })}`, advice)];
}

async function pullImage(examination: Asked, image: string): Promise<Found> {
  const { command, engine, http } = examination;
  const name = pullableName(image, command.settings["default-registry"]);
  if (name === null) {
    return bad(`${image}: no registry has it`, "Name it with its registry, such as docker.io/library/alpine:3.");
  }
  const local = await http.call("GET", `/images/${encodeURIComponent(name)}/json`, { deadlineMs: ASK_MS });
  if (local.status === 200) {
    return skipped(`${name} is here already and stays as it is`, "Name an image that this machine does not have.");
  }
  const failed = await pull(examination, name);
  if (failed !== null) {
    return bad(failureText(failed.failure), adviceFor(failed) ?? (await adviceForWay(examination)));
  }
  const isGone = (await engine.removeImage(name).catch(() => null)) === "removed";
  return isGone ? good(`${name} was pulled, and removed`) : note(`${name} was pulled`, `Remove it: podman rmi ${name}`);
}

/** null for what can only be local, or is no name. */
function pullableName(image: string, defaultRegistry: string): string | null {
  try {
    return imageCandidates(image, defaultRegistry).find(({ pullable }) => pullable)?.name ?? null;
  } catch (error) {
    if (error instanceof EngineError) {
      return null;
    }
    throw error;
  }
}

/** null: it came. */
async function pull(
  { command: { settings }, http, signal }: Asked,
  name: string,
  ...limits: AbortSignal[]
): Promise<EngineError | null> {
  const puller = new Puller({ http, authFile: settings["auth-file"] ?? null });
  const limit = AbortSignal.any([signal, ...limits]);
  try {
    await puller.pull(name, { signal: limit, progress: () => {}, policy: "always" });
    return null;
  } catch (error) {
    if (error instanceof EngineError) {
      return error;
    }
    if (limit.aborted && !signal.aborted) {
      return new EngineError({ code: "registry_unavailable", detail: name });
    }
    throw error;
  }
}

/** null: it was not reached, as far as one can tell. */
function adviceFor({ failure: { code } }: EngineError): string | null {
  switch (code) {
    case "image_denied":
      return "The registry wants credentials, or others: podman login --authfile FILE, and auth-file names the file.";
    case "image_not_found":
    case "image_name_invalid":
      return "The registry was reached. Correct the image's name.";
    case "disk_full":
      return "Free some space where Podman keeps its images.";
    default:
      return null;
  }
}
