/** One-shot timers, passed in so that tests move time by hand. */

export type Timers = {
  /** Calls `wake` once after `ms`; the returned function takes it back. */
  after(ms: number, wake: () => void): () => void;
};

/** 24 days; what is longer would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export const REAL_TIMERS: Timers = {
  after(ms, wake) {
    const timer = setTimeout(wake, Math.min(ms, LONGEST_MS));
    return () => clearTimeout(timer);
  },
};

export type Limited<T> = { in: "time"; value: T } | { in: "late" };

/** The value, or `late` after `ms`. The promise goes on; its rejection after that is nobody's. */
export async function within<T>(timers: Timers, ms: number, promise: Promise<T>): Promise<Limited<T>> {
  let takeBack = () => {};
  const late = new Promise<Limited<T>>((resolve) => {
    takeBack = timers.after(ms, () => resolve({ in: "late" }));
  });
  const value = promise.then((value): Limited<T> => ({ in: "time", value }));
  try {
    return await Promise.race([value, late]);
  } finally {
    takeBack();
    value.catch(() => {});
  }
}
