import type { Config } from "./config.ts";

/** How long requests and jobs may take to finish after SIGTERM; then the process exits regardless. */
const STOP_TIMEOUT_MS = 25_000;

/** Signals this close together count as one. */
const SAME_SIGNAL_MS = 1_000;

/** Between two checks whether npm is still running. */
const PARENT_POLL_MS = 200;

/** Resolves with the first signal. A later one means that the user does not want to wait. */
export const listenForStopSignal = ({ startedByNpm }: Pick<Config, "startedByNpm">): Promise<string> =>
  new Promise((resolve) => {
    let stoppingSince: number | null = null;
    const stop = (signal: string): void => {
      if (stoppingSince !== null) {
        // npm also forwards what the terminal sends to this process, so one Ctrl-C arrives twice.
        if (performance.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1);
        return;
      }
      stoppingSince = performance.now();
      setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
      resolve(signal);
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop(signal));
    if (startedByNpm) onParentGone(() => stop("the end of npm"));
  });

/** npm sends SIGTERM to the shell that runs this process; the shell exits without forwarding it. */
const onParentGone = (callback: () => void): void => {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, PARENT_POLL_MS);
  timer.unref();
};
