/**
 * The overview again and again, which wakes no queue. Nobody is asked while the page is not looked at, and a page that
 * is looked at again asks at once.
 */
import type { AdminOverview } from "../worker/admin/answers.ts";
import { type AskError, type Gateway, troubleOf } from "./gateway.ts";

/** Queues say what has changed within a minute; three looks in that time. */
const EVERY_MS = 20_000;

type Heard = { news(overview: AdminOverview): void; trouble(error: AskError): void };

/** Returns what ends it. */
export function follow(gateway: Gateway, { news, trouble }: Heard): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  const look = async (): Promise<void> => {
    clearTimeout(timer);
    try {
      const overview = await gateway.get<AdminOverview>("/overview");
      if (!isOver) {
        news(overview);
      }
    } catch (error) {
      if (!isOver) {
        trouble(troubleOf(error));
      }
    }
    if (!isOver && !document.hidden) {
      clearTimeout(timer);
      timer = setTimeout(look, EVERY_MS);
    }
  };
  const turned = () => {
    clearTimeout(timer);
    if (!document.hidden) {
      look();
    }
  };

  document.addEventListener("visibilitychange", turned);
  timer = setTimeout(look, EVERY_MS);
  return () => {
    isOver = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", turned);
  };
}
