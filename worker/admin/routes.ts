/** Every call of the admin API, and what an administrator must be to make it. */
import type { IRequest } from "itty-router";
import type { Role } from "../auth/admin-token.ts";
import { listAudit } from "./audit.ts";
import type { AdminCall } from "./call.ts";
import { exportCopy, importCopy } from "./copies.ts";
import { endEnrollment, listEnrollments, newEnrollment } from "./enrollments.ts";
import { cancelJob, discardEnd, failJob, listJobs, resendEnd, showJob } from "./jobs.ts";
import { showMetrics } from "./metrics.ts";
import { showOverview } from "./overview.ts";
import { registerProducts } from "./products.ts";
import { listQueues, listUndelivered, markRestored, pauseQueue, reconcileQueue, resumeQueue } from "./queues.ts";
import { restoreAll } from "./restore.ts";
import { drainRunner, listRunners, loseRunner, removeRunner, resumeRunner, revokeRunner } from "./runners.ts";

type Answer = (request: IRequest & Request, call: AdminCall) => Response | Promise<Response>;
export type AdminRoute = { method: "get" | "post" | "delete"; path: string; role: Role; answer: Answer };

const read = (path: string, answer: Answer): AdminRoute => ({ method: "get", path, role: "read", answer });
const operate = (path: string, answer: Answer): AdminRoute => ({ method: "post", path, role: "operate", answer });
/** What cannot be taken back, or decides who takes part. */
const own = (path: string, answer: Answer): AdminRoute => ({ method: "post", path, role: "owner", answer });

export const ADMIN_ROUTES: AdminRoute[] = [
  own("/admin/enrollments", newEnrollment),
  read("/admin/enrollments", listEnrollments),
  { method: "delete", path: "/admin/enrollments/:id", role: "owner", answer: endEnrollment },
  read("/admin/overview", (_request, call) => showOverview(call, Date.now())),
  read("/admin/metrics", (_request, call) => showMetrics(call, Date.now())),
  read("/admin/runners", listRunners),
  operate("/admin/runners/:id/drain", drainRunner),
  operate("/admin/runners/:id/resume", resumeRunner),
  own("/admin/runners/:id/lost", loseRunner),
  own("/admin/runners/:id/revoke", revokeRunner),
  own("/admin/runners/:id/remove", removeRunner),
  read("/admin/jobs", listJobs),
  read("/admin/jobs/:id", (_request, call) => showJob(call.said.object, call)),
  operate("/admin/jobs/:id/cancel", cancelJob),
  operate("/admin/jobs/:id/fail", failJob),
  operate("/admin/jobs/:id/resend", resendEnd),
  operate("/admin/jobs/:id/discard", discardEnd),
  read("/admin/queues", (_request, call) => listQueues(call)),
  operate("/admin/queues/:name/pause", pauseQueue),
  operate("/admin/queues/:name/resume", resumeQueue),
  operate("/admin/queues/:name/restored", markRestored),
  operate("/admin/queues/:name/reconcile", reconcileQueue),
  own("/admin/products/register", (_request, call) => registerProducts(call)),
  read("/admin/undelivered", (_request, call) => listUndelivered(call)),
  { method: "get", path: "/admin/export", role: "owner", answer: exportCopy },
  own("/admin/import", importCopy),
  own("/admin/restore", restoreAll),
  read("/admin/audit", (request, call) => listAudit(request, call)),
];
