import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

/** Linux counts CPU time in ticks of a hundredth of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** CPU seconds, by user. */
export interface CpuTimes {
  readonly server: number;
  readonly postgres: number;
  readonly redis: number;
  readonly nats: number;
  /** This process, which generates the load. */
  readonly generator: number;
  /** Everything else that runs on the machine, or that its host took from it. */
  readonly others: number;
}

interface ProcessEntry {
  readonly parent: number;
  readonly command: string;
  readonly cpu: number;
}

export const describeMachine = (): string => {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${kernel()}`;
};

const kernel = (): string => readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();

export interface Cores {
  /** For the measured server. */
  readonly one: string;
  /** For everything else: databases and the load. */
  readonly other: string;
  readonly both: string;
}

/** Two cores that this process may use. @throws {Error} if there are not two, because the server could not be isolated */
export const findCores = (): Cores => {
  const [, list = ""] = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const [one, other] = list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  if (one === undefined || other === undefined) throw new Error("The benchmark needs two cores.");
  return { one: `${one}`, other: `${other}`, both: `${one},${other}` };
};

/** Pins this process and its descendants, with all their threads, to these cores, including processes started later. */
export const pinAll = (cores: string): void => {
  for (const pid of ownEntries().keys()) pin(pid, cores);
};

/** Pins one process, with its threads, to these cores. */
export const pin = (pid: number, cores: string): void => {
  // If the process ends at this moment, it needs no core.
  spawnSync("taskset", ["-acp", cores, `${pid}`]);
};

export const readCpuTimes = (server: number): CpuTimes => {
  const own = [...ownEntries()];
  const sum = (belongs: (pid: number, entry: ProcessEntry) => boolean) =>
    own.filter(([pid, entry]) => belongs(pid, entry)).reduce((total, [, { cpu }]) => total + cpu, 0);
  return {
    server: sum((pid) => pid === server),
    postgres: sum((_, { command }) => command === "postgres"),
    redis: sum((_, { command }) => command === "redis-server"),
    nats: sum((_, { command }) => command === "nats-server"),
    generator: sum((pid) => pid === process.pid),
    others: machineCpu() - sum(() => true),
  };
};

/** Resident memory of a process, in MiB: now, and the peak. */
export const readMemory = (pid: number): { now: number; peak: number } => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(status)?.[1]) / 1_024);
  return { now: read("VmRSS"), peak: read("VmHWM") };
};

const ownEntries = (): Map<number, ProcessEntry> => {
  const all = readProcesses();
  const isOwn = (pid: number): boolean => {
    if (pid === process.pid) return true;
    const parent = all.get(pid)?.parent;
    return parent !== undefined && isOwn(parent);
  };
  return new Map([...all].filter(([pid]) => isOwn(pid)));
};

const readProcesses = (): Map<number, ProcessEntry> => {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return new Map(
    pids.flatMap((pid): [number, ProcessEntry][] => {
      const entry = readProcess(pid);
      return entry ? [[Number(pid), entry]] : [];
    }),
  );
};

/** Null if the process has ended. */
const readProcess = (pid: string): ProcessEntry | null => {
  try {
    // proc(5): pid (command) state ppid … utime stime cutime cstime; the command may contain spaces and brackets.
    const [, command = "", rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    const fields = rest.split(" ").map(Number);
    const ticks = fields.slice(11, 15).reduce((total, value) => total + value, 0);
    return { parent: fields[1] ?? 0, command, cpu: ticks / TICKS_PER_SECOND };
  } catch {
    return null;
  }
};

const machineCpu = (): number => {
  const [, ...fields] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").trim().split(/\s+/);
  // Without interrupts, because those of the benchmark's own packets would count as others' work.
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = fields.map(Number);
  return (user + nice + system + steal) / TICKS_PER_SECOND;
};
