/**
 * An offer, answered: admitted against what the node holds, journalled, and only then accepted. `ready` travels with
 * `accept` when the image is here and the program is in it; otherwise the pull begins after the acceptance. So does the
 * making of a script, which may take longer than an offer lasts.
 */
import { type Failure, sideOf } from "../shared/failure.ts";
import type { GatewayFrame } from "../shared/protocol.ts";
import type { Context } from "./attempt/context.ts";
import { Execution } from "./attempt/execution.ts";
import { grantedPlan } from "./attempt/granted-plan.ts";
import { type Attempt, isUngranted, newAttempt } from "./attempt/record.ts";
import { placeFor } from "./attempt/results.ts";
import { admit } from "./capacity.ts";
import type { Devices } from "./devices/devices.ts";
import type { Closing } from "./drains.ts";
import { EngineError, type ImageFacts } from "./engine/engine.ts";
import type { Holdings } from "./holdings.ts";
import type { Link } from "./link.ts";
import { errorFields } from "./log.ts";
import type { Closed, Reports } from "./reports.ts";
import { within } from "./timers.ts";

/** An offer expires after 10 s; what is not known of the image by then is found out after the acceptance. */
const CHECK_MS = 5_000;

export type Offer = Extract<GatewayFrame, { type: "offer" }>;
type Checked = { is: "here"; image: ImageFacts } | { is: "unknown" } | { is: "impossible"; failure: Failure };

export type Deps = {
  context: Context;
  holdings: Holdings;
  reports: Reports;
  devices: Pick<Devices, "look">;
  closed(): Closed;
  /** It is drained then. */
  closing(): Closing | null;
  /** False until Podman has listed its containers. */
  ready(): boolean;
};

export async function answerOffer(deps: Deps, link: Link, { ref, plan }: Offer): Promise<void> {
  const { holdings, context, reports } = deps;
  const known = holdings.get(ref);
  if (known !== null) {
    repeatAnswer(link, known);
    return;
  }
  const refuse = (failure: Failure) => {
    if (sideOf(failure) === "busy") {
      reports.refusedBusy(link.category);
    }
    link.send({ type: "refuse", ref, failure, ...reports.tell(link.category) });
  };
  const admission = admitOffer(deps, { ref, plan });
  if (!admission.ok) {
    refuse(admission.failure);
    return;
  }
  const place = placeFor(context.settings, ref, plan);
  const attempt = newAttempt({
    ...{ ref, category: link.category, plan, gpus: admission.gpus, cores: admission.cores },
    ...{ now: context.now(), place },
  });
  const execution = new Execution(context, attempt, plan);
  try {
    context.journal.put(attempt, plan);
  } catch (error) {
    context.log.error({ ref, ...errorFields(error) }, "journal.refused");
    refuse({ code: "disk_full" });
    return;
  }
  holdings.add(execution);
  context.changed();
  const checked = await checkImage(execution);
  if (checked.is === "impossible" && isUntouched(execution.attempt)) {
    drop(deps, execution);
    refuse(checked.failure);
    return;
  }
  accept(link, execution, checked);
}

function accept(link: Link, execution: Execution, checked: Checked): void {
  if (execution.closed) {
    return;
  }
  if (isUntouched(execution.attempt)) {
    link.send({ type: "accept", ref: execution.attempt.ref, ready: checked.is === "here" });
  }
  if (checked.is === "here") {
    execution.view = { ...execution.view, image: checked.image };
    execution.context.imageUsed(checked.image);
  }
  execution.begin();
}

function admitOffer(
  { context, holdings, devices, closed, closing, ready }: Deps,
  { ref, plan }: Pick<Offer, "ref" | "plan">,
) {
  if (!ready()) {
    return { ok: false, failure: { code: "not_ready" } } as const;
  }
  const closesMs = closing()?.fromMs ?? Number.POSITIVE_INFINITY;
  if (closed() !== null || context.now().nowMs + plan.wallMs + plan.stopGraceMs > closesMs) {
    return { ok: false, failure: { code: "closed" } } as const;
  }
  for (const older of holdings.siblings(ref)) {
    if (!isUngranted(older.attempt) && older.attempt.outcome === null) {
      // Two containers of one job would write to the same files.
      return { ok: false, failure: { code: "no_room" } } as const;
    }
    if (older.attempt.outcome === null) {
      older.order({ is: "forget" });
    }
  }
  if (plan.resources.gpu > 0) {
    devices.look();
  }
  const refusal = context.networks.refusal(plan) ?? context.drives.refusal(plan);
  return refusal === null ? admit(plan, holdings.ledger()) : ({ ok: false, failure: refusal } as const);
}

/** An offer that comes twice is answered twice and taken once. */
function repeatAnswer(link: Link, { attempt, view }: Execution): void {
  if (isUntouched(attempt)) {
    link.send({ type: "accept", ref: attempt.ref, ready: view.image !== null });
  }
}

/** Neither granted nor cancelled nor forgotten while the image was looked at. */
function isUntouched(attempt: Attempt): boolean {
  return isUngranted(attempt) && attempt.outcome === null && attempt.settled === "no";
}

async function checkImage(execution: Execution): Promise<Checked> {
  const { context, plan } = execution;
  if (plan === null || plan.script !== undefined) {
    return { is: "unknown" };
  }
  try {
    const image = await within(context.timers, CHECK_MS, context.engine.presentImage(grantedPlan(plan, context)));
    return image.in === "late" || image.value === null ? { is: "unknown" } : { is: "here", image: image.value };
  } catch (error) {
    context.troubled(error);
    const certain = error instanceof EngineError && !error.unknown;
    return certain ? { is: "impossible", failure: error.failure } : { is: "unknown" };
  }
}

function drop({ context, holdings }: Deps, execution: Execution): void {
  execution.close();
  holdings.remove(execution.attempt.ref);
  context.journal.remove(execution.attempt.ref);
  context.changed();
}
