import type { Logger } from "#platform/logging";
import type { Config } from "../config.ts";
import type { Installation } from "../installation.ts";
import type { ProcessHost } from "./host.ts";
import { Keeper } from "./keeper.ts";
import { startProcess, startThread } from "./member.ts";

/** What a replica does, in whatever threads and processes. */
export interface Replica {
  /** Completes the work in progress, and ends everything that it has started. */
  stop(): Promise<void>;
}

type Deps = { readonly host: ProcessHost; readonly installation: Installation; readonly log: Logger };

/** The thread that runs the jobs, so that rendering mail and writing exports do not delay responses. */
export const superviseJobs = ({ host, installation: { databaseUrl }, log }: Deps): Keeper =>
  new Keeper({ name: "the thread for jobs", spawn: () => host.add(startThread()), databaseUrl, log });

/**
 * Starts the processes that serve requests, and the thread for jobs. This process only distributes connections. SIGHUP replaces
 * all of them one after the other, without losing a request.
 */
export const superviseProcesses = async (
  { webProcesses, workerConcurrency }: Pick<Config, "webProcesses" | "workerConcurrency">,
  deps: Deps,
): Promise<Replica> => {
  const { host, installation, log } = deps;
  const web = Array.from(
    { length: webProcesses },
    (_, index) =>
      new Keeper({
        name: `web process ${index + 1}`,
        spawn: () => host.add(startProcess()),
        databaseUrl: installation.databaseUrl,
        log,
      }),
  );
  const jobs = workerConcurrency > 0 ? [superviseJobs(deps)] : [];
  const stop = async (): Promise<void> => {
    await stopAll(web);
    await stopAll(jobs);
  };

  try {
    // One first: what is wrong with the settings or the port is reported once, and nothing has to be undone.
    const [first, ...others] = web;
    await first?.start();
    await Promise.all([...others, ...jobs].map((keeper) => keeper.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  replaceOnSignal([...web, ...jobs], log);
  return { stop };
};

const stopAll = (keepers: readonly Keeper[]) => Promise.all(keepers.map((keeper) => keeper.stop()));

const replaceOnSignal = (keepers: readonly Keeper[], log: Logger): void => {
  let replacing: Promise<void> = Promise.resolve();
  const replaceAll = async (): Promise<void> => {
    log.info("replacing all processes, one after the other");
    for (const keeper of keepers) await keeper.replace();
    log.info("all processes are replaced");
  };
  process.on("SIGHUP", () => {
    replacing = replacing.then(replaceAll).catch((error: unknown) => {
      log.error({ err: error }, "a process could not be replaced; the previous one continues");
    });
  });
};
