/** What is wrong with a job's command, values or files, in UCloud's own terms. */
import type { Fault, Place } from "../../shared/invocation/model.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** Of an application, below the job. */
export const APPLICATION = "status.resolvedApplication.invocation";

export function refusalOf({ place, why }: Fault): Refusal {
  return refuse(fieldOf(place), why);
}

export function fieldOf(place: Place): string {
  switch (place.kind) {
    case "parameter":
      return `specification.parameters.${place.name}${below(place.key)}`;
    case "resource":
      return `specification.resources[${place.index}]${below(place.key)}`;
    case "opened-file":
      return "specification.openedFile";
    case "element":
      return `${APPLICATION}.invocation${place.index === null ? "" : `[${place.index}]`}`;
    case "variable":
      return `${APPLICATION}.environment.${place.name}`;
  }
}

function below(key: string | null): string {
  return key === null ? "" : `.${key}`;
}
