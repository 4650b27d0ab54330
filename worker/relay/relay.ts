/**
 * One watched job: its viewers on one side, the runner that has its log on the other. Nothing of the log is kept here:
 * each viewer's stream is read from the node's disk as far as that viewer's Worker takes it, so a slow one costs a window
 * and holds up nobody.
 */
import { CLOSE } from "../../shared/close-codes.ts";
import { parseRelay, type RelayFrame, relayFrameSchema } from "../../shared/relay.ts";
import type { Watched, WatchedState } from "../queue/api.ts";
import { showKept } from "./kept-tail.ts";
import { LogServer, type Server } from "./log-server.ts";
import { type Arrival, MAX_VIEWER_BYTES, Viewer } from "./viewer.ts";

/** UCloud/Core drops nobody within 30 s of silence. */
export const TICK_MS = 20_000;
/** In these a runner that was restarted is back. */
const PATIENCE_TICKS = 2;
/** Of one job. */
export const MAX_VIEWERS = 64;

const SLOW = "This viewer takes the log too slowly and is dropped; open the log again";
const FULL = "Too many look at this log at the moment; try again later";
const UNKNOWN = "This job's log is not known here any more";
const NO_MACHINE = "The machine that ran the job does not answer";
const REMOVED = "The machine that ran the job was removed by the site";
const NO_FOLDER = "The log is not on the machine any more";

export type RelayPorts = {
  sockets(kind: "viewer" | "server"): WebSocket[];
  /** To the queue: how it stands with the job; with `dial` its runner is asked to come. */
  watch(dial: boolean): Promise<Watched | null>;
  unwatch(): Promise<void>;
  nowMs(): number;
  randomInt(): number;
  setAlarm(atMs: number): Promise<void>;
};

export class Relay {
  readonly #ports: RelayPorts;
  maxViewerBytes = MAX_VIEWER_BYTES;

  constructor(ports: RelayPorts) {
    this.#ports = ports;
  }

  get viewers(): Viewer[] {
    return this.#ports.sockets("viewer").map(Viewer.of);
  }

  /** The newest, if any: a runner dials again before we notice that its old socket is dead. */
  get server(): LogServer | null {
    return this.#ports.sockets("server").map(LogServer.of).at(-1) ?? null;
  }

  async addViewer(socket: WebSocket, arrival: Arrival): Promise<void> {
    const others = this.#ports.sockets("viewer").filter((other) => other !== socket).length;
    // Never used twice: what is still on its way for one viewer must not reach another.
    const viewer = Viewer.arrive(socket, arrival, this.#ports.randomInt());
    if (others >= MAX_VIEWERS) {
      viewer.end(429, FULL);
      return;
    }
    if (others === 0) {
      await this.#ports.setAlarm(this.#ports.nowMs() + TICK_MS);
    }
    await this.look(viewer);
  }

  async addServer(socket: WebSocket, server: Server, startedAtMs: number | null): Promise<void> {
    const older = this.#ports.sockets("server").filter((other) => other !== socket);
    const current = LogServer.arrive(socket, server);
    for (const other of older) {
      LogServer.of(other).close(1000, "newer socket");
    }
    for (const viewer of this.viewers) {
      this.#begin(current, viewer, startedAtMs);
    }
  }

  takeFromServer(socket: WebSocket, message: unknown): Promise<void> | undefined {
    const server = this.server;
    const frame = parseRelay<RelayFrame>(relayFrameSchema, message);
    if (server?.socket !== socket) {
      return;
    }
    if (frame === null) {
      server.close(CLOSE.PROTOCOL, "malformed frame");
      return;
    }
    const viewer = this.viewers.find(({ stream }) => stream === frame.stream);
    if (viewer === undefined) {
      server.stop(frame.stream);
      return;
    }
    return this.#takeFrame(server, viewer, frame);
  }

  async #takeFrame(server: LogServer, viewer: Viewer, frame: RelayFrame): Promise<void> {
    switch (frame.type) {
      case "chunk": {
        if (viewer.credit === 0) {
          server.close(CLOSE.PROTOCOL, "more than its credit");
          return;
        }
        const next = { cursor: frame.cursor, bytes: frame.bytes, attempt: server.attempt };
        if (!viewer.position.isShown && !viewer.show(frame.entries, next, this.maxViewerBytes)) {
          server.stop(frame.stream);
        }
        return;
      }
      case "end":
        viewer.shown(null);
        await this.look(null);
        return;
      case "gone":
        await this.#fallBack(NO_FOLDER, viewer);
        return;
      default:
        frame satisfies never;
    }
  }

  /** The Worker has passed a parcel on. */
  takeFromViewer(socket: WebSocket): void {
    const viewer = Viewer.of(socket);
    viewer.took();
    if (!viewer.position.isShown) {
      this.server?.order({ type: "credit", stream: viewer.stream, chunks: 1 });
    }
  }

  async lose(socket: WebSocket, kind: "viewer" | "server"): Promise<void> {
    if (kind === "server") {
      if (this.viewers.length === 0) {
        return;
      }
      for (const viewer of this.viewers) {
        viewer.wait();
      }
      await this.look(null);
      return;
    }
    this.server?.stop(Viewer.streamOf(socket));
    if (this.viewers.length === 0) {
      await this.#rest();
    }
  }

  /** A frame for everybody; whoever took nothing since the last one is dropped. Then the queue is asked again. */
  async tick(): Promise<void> {
    for (const viewer of this.viewers) {
      if (!viewer.tick()) {
        viewer.end(200, SLOW);
        this.server?.stop(viewer.stream);
      }
    }
    if (this.viewers.length === 0) {
      await this.#rest();
      return;
    }
    await this.#ports.setAlarm(this.#ports.nowMs() + TICK_MS);
    await this.look(null);
  }

  async changed(seen: WatchedState, isRunnerBack: boolean): Promise<void> {
    if (this.viewers.length === 0) {
      await this.#rest();
      return;
    }
    const needsRunner = seen.runner !== null && (this.server === null || isRunnerBack);
    await (needsRunner ? this.look(null, isRunnerBack) : this.#settle({ ...seen, isAsked: true }));
  }

  /** Asks the queue how it stands. `arrived` has just come. `dial`: the socket that we have may be a dead one. */
  async look(arrived: Viewer | null, dial = false): Promise<void> {
    const hasServer = this.server !== null;
    const seen = await this.#ports.watch(dial || !hasServer);
    const server = this.server;
    if (arrived !== null && seen !== null && server !== null) {
      this.#begin(server, arrived, seen.startedAtMs);
    }
    await this.#settle(seen === null ? null : { ...seen, isAsked: seen.isAsked || hasServer });
  }

  async #settle(seen: Watched | null): Promise<void> {
    if (seen === null) {
      for (const viewer of this.viewers) {
        viewer.end(404, UNKNOWN);
      }
      await this.#rest();
      return;
    }
    if (seen.state === "over") {
      this.#settleLog(seen);
    }
    for (const viewer of seen.isTold ? this.viewers : []) {
      if (viewer.position.isShown) {
        viewer.end(200, null);
      }
    }
    if (this.viewers.length === 0) {
      await this.#rest();
    }
  }

  /** The job is over: whoever waits for a log that nobody will bring gets what the edge has. */
  #settleLog(seen: Watched): void {
    if (seen.runner === null) {
      this.server?.close(CLOSE.REVOKED, "not this runner's");
      for (const viewer of this.viewers) {
        showKept(viewer, seen.tail === null ? null : REMOVED, seen.tail);
      }
      return;
    }
    for (const viewer of this.server === null ? this.viewers : []) {
      const isNew = viewer.cursor(seen.attempt) === null;
      // A runner that was asked, or that is being restarted, is given the time to come.
      if (viewer.waitedTicks >= PATIENCE_TICKS || (isNew && !seen.isAsked)) {
        showKept(viewer, NO_MACHINE, seen.tail);
      }
    }
  }

  async #fallBack(why: string, viewer: Viewer): Promise<void> {
    const seen = await this.#ports.watch(false);
    if (seen?.state === "over") {
      showKept(viewer, why, seen.tail);
    }
    await this.#settle(seen === null ? null : { ...seen, isAsked: true });
  }

  #begin(server: LogServer, viewer: Viewer, startedAtMs: number | null): void {
    if (viewer.position.isShown) {
      return;
    }
    const { stream, credit } = viewer;
    const startedAgoMs = startedAtMs === null ? null : Math.max(0, Math.round(this.#ports.nowMs() - startedAtMs));
    server.order({ type: "stream", stream, cursor: viewer.cursor(server.attempt), credit, startedAgoMs });
  }

  /** Nobody looks: nothing flows. */
  async #rest(): Promise<void> {
    this.server?.close(1000, "nobody looks");
    await this.#ports.unwatch();
    if (this.viewers.length > 0) {
      // One came meanwhile, and its question may have been answered before ours.
      await this.look(null);
    }
  }
}
