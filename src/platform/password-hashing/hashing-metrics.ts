import type { Metrics } from "../metrics.ts";
import type { PasswordHashing } from "./create-password-hashing.ts";
import type { FinishedRun } from "./hashing-queue.ts";

/**
 * Registers the metrics of waiting and running times.
 *
 * @returns a function to call with each finished hash
 */
export const measureHashes = (metrics: Metrics): ((run: FinishedRun) => void) => {
  const seconds = metrics.histogram({
    name: "portcullis_password_hash_seconds",
    help: "Time of a password hash, by phase: waiting in the queue, or running.",
    labelNames: ["phase"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  });
  return ({ waitedMs, ranMs }) => {
    seconds.observe({ phase: "waiting" }, waitedMs / 1_000);
    seconds.observe({ phase: "running" }, ranMs / 1_000);
  };
};

/** Registers the metrics of the queue's load and of the native modules that work here. */
export const measureHashing = (metrics: Metrics, { queue, works }: PasswordHashing): void => {
  metrics.gauge("portcullis_password_hashes_waiting", "Password hashes that wait for their turn.", () => queue.waiting);
  metrics.gauge("portcullis_password_hashes_running", "Password hashes being computed.", () => queue.running);
  metrics.total(
    "portcullis_password_hashes_refused_total",
    "Password hashes refused because the queue was full.",
    () => queue.refused,
  );
  const hashers = metrics.gaugeOf(
    {
      name: "portcullis_password_hasher_works",
      help: "Whether a native module that computes password hashes works here (1) or not (0), as found at start.",
      labelNames: ["module"],
    },
    { aggregation: "max" },
  );
  for (const [module, isWorking] of Object.entries(works)) hashers.set({ module }, isWorking ? 1 : 0);
};
