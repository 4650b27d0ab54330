/** Times and amounts as a person reads them. */

const UNITS: [number, string][] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
];

/** In its largest unit, and the next one where that still matters: `2 d 4 h`. */
export function spelledAge(ms: number): string {
  const index = UNITS.findIndex(([size]) => ms >= size);
  const [size, unit] = UNITS[index] ?? [1_000, "s"];
  const whole = Math.max(0, Math.floor(ms / size));
  const [nextSize, nextUnit] = UNITS[index + 1] ?? [0, ""];
  const rest = index >= 0 && index < 2 && nextSize > 0 ? Math.floor((ms % size) / nextSize) : 0;
  return rest > 0 ? `${whole} ${unit} ${rest} ${nextUnit}` : `${whole} ${unit}`;
}

/** In the reader's own zone and habit; the year only where it is another one. */
export function spelledMoment(atMs: number, nowMs: number = Date.now()): string {
  const at = new Date(atMs);
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return isToday ? time : `${at.toLocaleDateString([], { dateStyle: "medium" })} ${time}`;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export function spelledGib(bytes: number): string {
  return `${Number((bytes / 2 ** 30).toFixed(1))} GiB`;
}

export function spelledNumber(value: number): string {
  return String(Number(value.toFixed(2)));
}
