/** Each GPU is given to a container: by its CDI name, and then the job's user must be able to open what it brings. */
import { failureText } from "../../shared/failure.ts";
import { gpusOf } from "../devices/gpu.ts";
import { EngineError } from "../engine/engine.ts";
import type { Bench } from "./bench.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, note, skipped } from "./finding.ts";
import { SAY_DEVICES, wordsOf } from "./trial.ts";

const GONE =
  "Podman finds no such device in /etc/cdi or /var/run/cdi: make the file again (nvidia-ctk cdi generate), or correct gpus.";
const SHUT = "Set mode or group of the device by a udev rule, so that the job's user can open it.";
const BARE = "Its CDI file names no device that a container without it would lack; only variables or mounts, perhaps.";

export async function checkGpus(examination: Examination): Promise<Found[]> {
  const gpus = gpusOf(examination.command.settings).map(({ name }) => name);
  if (gpus.length === 0) {
    return [good("none, as set")];
  }
  const [bench, trial] = [await examination.bench(), await examination.trial()];
  if (bench === null || trial === null) {
    return [skipped("there was no container")];
  }
  const usual = wordsOf("device", trial);
  const found: Found[] = [];
  for (const gpu of gpus) {
    found.push(await tryGpu(gpu, bench, usual));
  }
  return found;
}

async function tryGpu(gpu: string, bench: Bench, usual: string[]): Promise<Found> {
  try {
    const seen = await bench.run({ script: SAY_DEVICES, gpuDevices: [gpu] });
    return judge(
      gpu,
      wordsOf("device", seen).filter((device) => !usual.includes(device)),
    );
  } catch (error) {
    if (error instanceof EngineError) {
      return bad(`${gpu}: ${failureText(error.failure)}`, GONE);
    }
    throw error;
  }
}

/** Pure: devices that only this container had; a minus before those that its user cannot open. */
export function judge(gpu: string, devices: string[]): Found {
  const shut = devices.filter((device) => device.startsWith("-")).map((device) => device.slice(1));
  if (shut.length > 0) {
    return bad(`${gpu}: the job's user cannot open ${shut.join(", ")}`, SHUT);
  }
  return devices.length === 0 ? note(`${gpu}: given, without a device`, BARE) : good(`${gpu}: ${devices.join(", ")}`);
}
