import cluster from "node:cluster";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { HostMessage, MemberMessage } from "./messages.ts";

/** A thread or process of this program, as its host sees it. */
export interface Member {
  post(message: HostMessage): void;
  onMessage(listener: (message: MemberMessage) => void): void;
  /** Resolves when it has ended, with the reason in plain words. */
  readonly ended: Promise<string>;
  /** Ends it immediately. */
  kill(): void;
}

/** Both kinds of members begin as the program does, and find out what they are. */
const PROGRAM = (): string => process.argv[1] ?? "";

/** Of the heap of new objects: a thread for jobs needs no speed, and each of its megabytes is resident. */
const YOUNG_GENERATION_MB = 4;

/** A thread of this process. */
export const startThread = (): Member => {
  const options = { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB } };
  const thread = PROGRAM().endsWith(".ts")
    ? new Worker(fromSources(), { ...options, eval: true })
    : new Worker(PROGRAM(), options);
  let failure: unknown;
  // Without a listener, an uncaught error of the thread would end the process.
  thread.on("error", (error) => {
    failure = error;
  });
  return {
    post: (message) => thread.postMessage(message),
    onMessage: (listener) => thread.on("message", listener),
    ended: once(thread, "exit").then(([code]) => describe(failure) ?? `exit code ${code}`),
    kill: () => void thread.terminate(),
  };
};

/** A thread does not inherit tsx from the process. */
const fromSources = (): string => {
  const [tsx, program] = [import.meta.resolve("tsx/esm/api"), pathToFileURL(PROGRAM()).href];
  return `import("${tsx}").then(({ register }) => { register(); return import("${program}"); })`;
};

/** The kind and place of an error. Its message may contain values of a query. */
const describe = (error: unknown): string | null => {
  if (!(error instanceof Error)) return null;
  const { code = error.name } = error as { code?: string };
  return [code, ...(error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line))].join("\n");
};

/** A process that listens on the same port as its siblings: this process accepts connections and distributes them. */
export const startProcess = (): Member => {
  cluster.setupPrimary({ exec: PROGRAM(), serialization: "advanced" });
  const process = cluster.fork();
  return {
    // A process that has just ended accepts no message; `ended` follows.
    post: (message) => void (process.isConnected() && process.send(message, () => {})),
    onMessage: (listener) => process.on("message", listener),
    ended: new Promise((resolve) => {
      process.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    }),
    kill: () => process.process.kill("SIGKILL"),
  };
};
