import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type MeasuredServer, PROJECT } from "./benchmark-env.ts";
import { type LoadOptions, type Measurement, measure, median, type Operation } from "./load.ts";
import { type CpuTimes, readCpuTimes } from "./machine.ts";

/** A subject of the measurement. */
export interface MeasuredSubject {
  readonly name: string;
  /** The database on which it was measured, or none. */
  readonly on: string;
  measure(options: Omit<LoadOptions, "port">): Promise<Measurement>;
  /** The server whose CPU time is measured; missing if it cannot be isolated. */
  readonly server?: MeasuredServer;
}

/** All windows of one subject with one number of callers. */
export interface Series {
  readonly name: string;
  readonly on: string;
  readonly callers: number;
  /** The median window's responses per second. */
  readonly rate: number;
  /** The latencies of all windows, sorted. */
  readonly latencies: readonly number[];
  /** In cores, averaged over all windows. */
  readonly cpu: CpuTimes;
  /** CPU time for one response, in microseconds: the server's and that of Postgres. Null if the server cannot be isolated. */
  readonly microseconds: { readonly server: number; readonly postgres: number } | null;
}

export interface Plan {
  readonly rounds: number;
  /** Seconds, once for each subject. */
  readonly firstWarmUp: number;
  /** Seconds, before each window. */
  readonly warmUp: number;
  readonly seconds: number;
  readonly callers: readonly number[];
}

/** Above this share of a core used by other processes, a window measures them rather than the product. */
const DISTURBED = 0.15;
const TRIES = 2;

export const asked = (operation: Operation, server: MeasuredServer, on: string): MeasuredSubject => ({
  name: operation.name,
  on,
  server,
  measure: (options) => measure(operation, { ...options, port: server.port }),
});

/** The password hasher alone, in a separate process. */
export const bareArgon2: MeasuredSubject = {
  name: "argon2 verify",
  on: "",
  async measure({ callers, warmUp, seconds, onBegin }) {
    onBegin?.();
    const program = ["--import", "tsx", "test/bench/floors/argon2.ts", callers, warmUp, seconds].map(String);
    const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: PROJECT, maxBuffer: 2 ** 24 });
    return JSON.parse(stdout) as Measurement;
  },
};

interface Window extends Measurement {
  readonly cpu: CpuTimes;
  readonly seconds: number;
}

/**
 * Measures the subjects in turns, round after round, so that a temporary disturbance of the machine affects all of them, and their
 * ratios stay correct.
 */
export const takeSeries = async (subjects: readonly MeasuredSubject[], plan: Plan): Promise<Series[]> => {
  const cases = plan.callers.flatMap((callers) =>
    subjects.map((subject) => ({ subject, callers, windows: [] as Window[] })),
  );
  // Discarded: code is compiled and caches fill.
  for (const subject of subjects) await subject.measure({ callers: 16, warmUp: 0, seconds: plan.firstWarmUp });
  for (let round = 0; round < plan.rounds; round++) {
    for (const { subject, callers, windows } of cases)
      windows.push(await takeQuietWindow(subject, { ...plan, callers }));
  }
  return cases.map(({ subject: { name, on, server }, callers, windows }) => ({
    name,
    on,
    callers,
    microseconds: server ? { server: timeOf(windows, "server"), postgres: timeOf(windows, "postgres") } : null,
    rate: median(windows.map(({ rate }) => rate)),
    latencies: windows.flatMap(({ latencies }) => latencies).sort((a, b) => a - b),
    cpu: averageOf(windows.map(({ cpu }) => cpu)),
  }));
};

/** The CPU time that one response took, in microseconds, over all windows. */
const timeOf = (windows: readonly Window[], part: keyof CpuTimes): number => {
  const sum = (of: (window: Window) => number) => windows.reduce((total, window) => total + of(window), 0);
  return (sum(({ cpu, seconds }) => cpu[part] * seconds) / sum(({ latencies }) => latencies.length)) * 1e6;
};

const takeQuietWindow = async (subject: MeasuredSubject, options: Omit<LoadOptions, "port">): Promise<Window> => {
  const windows: Window[] = [];
  do windows.push(await takeWindow(subject, options));
  while ((windows.at(-1)?.cpu.others ?? 0) > DISTURBED && windows.length < TRIES);
  return windows.reduce((quietest, window) => (window.cpu.others < quietest.cpu.others ? window : quietest));
};

const takeWindow = async (subject: MeasuredSubject, options: Omit<LoadOptions, "port">): Promise<Window> => {
  const pid = subject.server?.pid ?? 0;
  let began = performance.now();
  let before = readCpuTimes(pid);
  const onBegin = () => {
    began = performance.now();
    before = readCpuTimes(pid);
  };
  const measurement = await subject.measure({ ...options, onBegin });
  const after = readCpuTimes(pid);
  const seconds = (performance.now() - began) / 1_000;
  return { ...measurement, seconds, cpu: mapCpu((part) => Math.max(0, after[part] - before[part]) / seconds) };
};

const averageOf = (times: readonly CpuTimes[]): CpuTimes =>
  mapCpu((part) => times.reduce((sum, time) => sum + time[part], 0) / times.length);

const mapCpu = (value: (part: keyof CpuTimes) => number): CpuTimes => ({
  server: value("server"),
  postgres: value("postgres"),
  redis: value("redis"),
  nats: value("nats"),
  generator: value("generator"),
  others: value("others"),
});
