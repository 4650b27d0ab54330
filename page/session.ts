/** From login to logout: which view is open, what it shows, and what is said about the line to the gateway. */
import type { AdminOverview } from "../worker/admin/answers.ts";
import type { Role } from "../worker/auth/admin-token.ts";
import { concernsOf } from "./attention.ts";
import { confirmVerb } from "./confirmation.ts";
import { byId, el, refill } from "./element.ts";
import { type AskError, type Gateway, troubleOf } from "./gateway.ts";
import { follow } from "./live.ts";
import { mayDo, type Verb } from "./verbs.ts";
import type { Desk, NameOf, View } from "./view.ts";
import { AUDIT } from "./views/audit.ts";
import { ENROL } from "./views/enrol.ts";
import { JOB } from "./views/job.ts";
import { JOBS, MORE_JOBS } from "./views/jobs.ts";
import { OVERVIEW } from "./views/overview.ts";
import { QUEUES } from "./views/queues.ts";
import { RUNNERS } from "./views/runners.ts";
import { UNDELIVERED } from "./views/undelivered.ts";
import { spelledMoment } from "./words.ts";

/** By the first part of the address's fragment; `jobs/ID` is one job. */
const VIEWS: Record<string, View> = {
  ...{ "": OVERVIEW, queues: QUEUES, runners: RUNNERS, jobs: JOBS, undelivered: UNDELIVERED, audit: AUDIT },
  ...{ enrol: ENROL, more: MORE_JOBS },
};

export class Session implements Desk {
  readonly gateway: Gateway;
  overview: AdminOverview;
  readonly #leave: (words: string) => void;
  readonly #stopFollowing: () => void;
  readonly #main = byId("view", HTMLElement);
  readonly #line = byId("line", HTMLElement);
  readonly #trouble = byId("trouble", HTMLElement);
  readonly #said = byId("said", HTMLElement);
  readonly #refresh = byId("refresh", HTMLButtonElement);
  readonly #news = byId("news", HTMLElement);
  readonly #heading = byId("heading", HTMLElement);
  readonly #tabs = byId("tabs", HTMLElement);
  /** Raised by each view that is opened: the answer for an earlier one comes too late. */
  #turn = 0;
  /** What the view that is shown was told of. */
  #shown = "";

  /** `leave` shows the login again, with a word why. */
  constructor(gateway: Gateway, overview: AdminOverview, leave: (words: string) => void) {
    this.gateway = gateway;
    this.overview = overview;
    this.#leave = leave;
    byId("who", HTMLElement).textContent = `${overview.name} (${overview.role})`;
    byId("provider", HTMLElement).textContent = overview.providerId;
    this.#stopFollowing = follow(gateway, {
      news: (news) => this.#heard(news),
      trouble: (error) => this.#troubled(error),
    });
    window.addEventListener("hashchange", this.#open);
    this.#refresh.addEventListener("click", this.#again);
    this.#connected();
    this.#open();
  }

  end(): void {
    this.#turn += 1;
    this.#stopFollowing();
    window.removeEventListener("hashchange", this.#open);
    this.#refresh.removeEventListener("click", this.#again);
    for (const place of [this.#main, this.#tabs, this.#said, this.#line, this.#trouble]) {
      place.replaceChildren();
    }
    document.querySelector("dialog")?.close();
  }

  may(role: Role): boolean {
    return mayDo(this.overview.role, role);
  }

  async namesOf(runners: readonly string[]): Promise<NameOf> {
    let names = namesIn(this.overview);
    // One that is not known may have come after what was heard last.
    if (runners.some((id) => !names.has(id))) {
      await this.#ask();
      names = namesIn(this.overview);
    }
    return (id) => names.get(id) ?? id;
  }

  act(verb: Verb, { path, name }: { path: string; name: string }): void {
    confirmVerb(verb, name, async (said) => {
      await this.gateway.post(`${path}/${verb.name}`, said);
      this.#said.textContent = `Done: ${verb.label}, ${name}.`;
      this.#show();
    });
  }

  readonly #open = (): void => {
    const { view, name } = placeOf(location.hash);
    this.#heading.textContent = view.title;
    document.title = `${view.title} · ${this.overview.providerId}`;
    this.#said.textContent = "";
    this.#main.replaceChildren(el("p", { class: "fine" }, "Asking the gateway…"));
    this.#tabs.replaceChildren(
      ...Object.entries(VIEWS).flatMap(([key, { tab }]) => (tab === null ? [] : [tabOf(key, tab, name)])),
    );
    this.#heading.focus();
    this.#show();
  };

  readonly #again = async (): Promise<void> => {
    this.#said.textContent = "";
    try {
      await this.#ask();
      await this.#show();
      this.#said.textContent = "Refreshed.";
    } catch (error) {
      this.#troubled(troubleOf(error));
    }
  };

  /** For a view that is about to be shown. */
  async #ask(): Promise<void> {
    this.overview = await this.gateway.get<AdminOverview>("/overview");
    this.#shown = countsOf(this.overview);
    this.#connected();
  }

  async #show(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.#shown = countsOf(this.overview);
    this.#news.hidden = true;
    const { view, rest } = placeOf(location.hash);
    try {
      const nodes = await view.show(this, rest);
      if (turn === this.#turn) {
        refill(this.#main, nodes);
      }
    } catch (error) {
      const { trouble, message } = troubleOf(error);
      if (turn === this.#turn) {
        refill(this.#main, [el("p", { class: "problem", role: "alert" }, message)]);
      }
      if (trouble !== "refused") {
        this.#troubled(troubleOf(error));
      }
    }
  }

  #heard(news: AdminOverview): void {
    const before = concernsOf(this.overview).length;
    const concerns = concernsOf(news);
    this.overview = news;
    if (concerns.length > before) {
      this.#said.textContent = `Needs attention: ${concerns[0]?.text}`;
    }
    if (placeOf(location.hash).view.isLive) {
      this.#show();
    }
    this.#connected();
  }

  #connected(): void {
    const { overview } = this;
    this.#trouble.textContent = "";
    this.#line.textContent = `As of ${spelledMoment(overview.atMs)}`;
    this.#news.hidden = this.#shown === countsOf(overview);
  }

  #troubled({ trouble, message }: AskError): void {
    if (trouble === "unauthorized") {
      this.#leave(message);
      return;
    }
    const words = `${message} What is shown is from ${spelledMoment(this.overview.atMs)}.`;
    // A text that is set again is read aloud again.
    if (this.#trouble.textContent !== words) {
      this.#trouble.textContent = words;
    }
  }
}

/** Changes with what views show; not with the time. */
function countsOf({ queues }: AdminOverview): string {
  return JSON.stringify(
    queues.map(({ category, snapshot: { jobs, runners, undelivered, held } }) => [
      category,
      jobs,
      runners,
      undelivered,
      held,
    ]),
  );
}

function namesIn({ runners }: AdminOverview): Map<string, string> {
  return new Map(runners.map(({ id, name }) => [id, name]));
}

function placeOf(hash: string): { view: View; name: string; rest: string } {
  const [name = "", ...parts] = hash.slice(1).split("/");
  const rest = decoded(parts.join("/"));
  const view = name === "jobs" && rest !== "" ? JOB : (VIEWS[name] ?? OVERVIEW);
  return { view, name, rest };
}

/** Anybody can write an address. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function tabOf(key: string, tab: string, current: string): HTMLElement {
  return el("li", {}, el("a", { href: `#${key}`, "aria-current": key === current ? "page" : null }, tab));
}
