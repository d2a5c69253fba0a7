import { readFileSync } from "node:fs";
import { percentile } from "./load.ts";
import { describeMachine } from "./machine.ts";
import type { RoundTrips } from "./round-trips.ts";
import type { Series } from "./series.ts";

/** All results of one run. */
export interface Findings {
  readonly date: Date;
  readonly users: number;
  readonly sessions: number;
  readonly series: readonly Series[];
  readonly roundTrips: readonly RoundTrips[];
  /** MiB. */
  readonly memory: { readonly started: number; readonly loaded: number; readonly peak: number };
  /** Milliseconds. */
  readonly startedIn: readonly number[];
}

export const EMPTY = "empty";
export const FULL = "full";

/** The floor of each operation: a lower bound of its time, or roughly the minimum that does the same work. */
const FLOORS: Readonly<Record<string, string>> = {
  login: "argon2 verify",
  "login at home": "argon2 verify",
  "login with TOTP": "argon2 verify",
  "social callback": "provider alone",
  me: "constant",
  "token check": "constant",
  "token check over NATS": "echo over NATS",
  sessions: "five rows",
  refresh: "constant",
};

const PACKAGES = [
  "@apollo/server", "fastify", "graphql", "type-graphql", "drizzle-orm", "postgres", "ioredis", "@nats-io/transport-node", "jose", "argon2", "@node-rs/argon2",
] as const; // biome-ignore format: one list

export const report = (findings: Findings): string =>
  [
    heading(findings),
    targets(findings),
    rates(findings),
    growth(findings),
    roundTrips(findings),
    footprint(findings),
  ].join("\n\n");

const heading = ({ date, users, sessions, series }: Findings): string => {
  const disturbance = Math.max(...series.map(({ cpu }) => cpu.others));
  return `# What Portcullis can do

Written by \`npm run bench\` on ${date.toISOString().slice(0, 16).replace("T", " ")} UTC; only the last section is kept by hand.

- Machine: ${describeMachine()}; Node ${process.version}.
- ${PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(", ")}.
- The measured server runs on one core; Postgres (fsync on), Redis, NATS, the mail server and the load use the other. For logins and bare
  argon2 all of them share both cores.
- "${EMPTY}": only the callers. "${FULL}": ${count(users)} users with ${count(sessions)} sessions.
- Other processes used at most ${disturbance.toFixed(2)} cores during the windows of any line.`;
};

const versionOf = (name: string): string => {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
};

const find = ({ series }: Findings, name: string, on: string, callers: number): Series | undefined =>
  series.find((one) => one.name === name && one.callers === callers && (one.on === on || one.on === ""));

const floorOf = (findings: Findings, { name, on, callers }: Series): Series | undefined => {
  const floor = FLOORS[name];
  return floor === undefined ? undefined : find(findings, floor, on, callers);
};

/** The server's CPU time for one response, as a multiple of its floor's. */
export const costOf = (findings: Findings, one: Series | undefined): number | undefined => {
  const floor = one && floorOf(findings, one);
  return one?.microseconds && floor?.microseconds ? one.microseconds.server / floor.microseconds.server : undefined;
};

const ratioToFloor = (findings: Findings, one: Series | undefined): number | undefined => {
  const floor = one && floorOf(findings, one);
  return one && floor && one.rate / floor.rate;
};

const targets = (findings: Findings): string => {
  const at16 = (name: string, on = FULL) => find(findings, name, on, 16);
  const ratio = (name: string) => ratioToFloor(findings, at16(name));
  const beyondProvider = (callers: number) => {
    const [callback, provider] = ["social callback", "provider alone"].map((name) =>
      find(findings, name, FULL, callers),
    );
    return callback && provider && percentile(callback.latencies, 0.95) - percentile(provider.latencies, 0.95);
  };
  const slowdowns = Object.keys(FLOORS).flatMap((name) => slowdownOf(findings, name) ?? []);
  /** The share of the floor's rate that the CPU time allows. */
  const share = (name: string) => {
    const cost = costOf(findings, at16(name));
    return cost && 1 / cost;
  };
  const wanted: [what: string, target: string, measured: number | undefined, isMet: (value: number) => boolean][] = [
    ["login on a known device ÷ bare argon2", "≥ 0.8", ratio("login at home"), (value) => value >= 0.8],
    ["login on a new device ÷ bare argon2", "≥ 0.75", ratio("login"), (value) => value >= 0.75],
    ["social callback beyond the provider, p95 in ms", "< 50", beyondProvider(16), (value) => value < 50],
    ["refresh, CPU × constant", "≤ 4", costOf(findings, at16("refresh")), (value) => value <= 4],
    ["token check, constant's CPU ÷ its CPU", "≥ 0.5", share("token check"), (value) => value >= 0.5],
    ["me, constant's CPU ÷ its CPU", "≥ 0.42", share("me"), (value) => value >= 0.42],
    ["sessions, five rows' CPU ÷ its CPU", "≥ 0.95", share("sessions"), (value) => value >= 0.95],
    [
      "slowest growth, empty ÷ full",
      "≤ 1.2",
      slowdowns.length > 0 ? Math.max(...slowdowns) : undefined,
      (value) => value <= 1.2,
    ],
  ];
  const rows = wanted.map(([what, target, measured, isMet]) =>
    measured === undefined
      ? [what, target, "–", "–"]
      : [what, target, figure(measured), isMet(measured) ? "yes" : "**no**"],
  );
  return section("Targets", "16 callers, on the full database.", ["", "wanted", "measured", "met"], rows);
};

const rates = (findings: Findings): string => {
  const rows = findings.series.map((one) => {
    const { name, on, callers, rate, latencies, cpu, microseconds } = one;
    const ratio = ratioToFloor(findings, one);
    return [
      name,
      on,
      `${callers}`,
      figure(rate),
      ratio === undefined ? "" : `${ratio.toFixed(2)} × ${FLOORS[name]}`,
      ...[0.5, 0.95, 0.99].map((share) => percentile(latencies, share).toFixed(2)),
      ...[cpu.server, cpu.postgres, cpu.redis, cpu.nats, cpu.generator, cpu.others].map((cores) => cores.toFixed(2)),
      microseconds ? count(microseconds.server) : "",
      microseconds ? count(microseconds.postgres) : "",
    ];
  });
  return section(
    "Rates",
    "Responses per second (the median of the windows), their times in milliseconds, and the CPU used, in cores. *Others* " +
      "is everything else on the machine; *µs* is CPU time for one response, which other processes disturb less. " +
      "The floors: *argon2 verify* is the product's hasher alone, *constant* is Apollo Server on Fastify with a fixed answer, " +
      "*five rows* the same with one JWT check, one Redis GET and five rows by an index; *provider alone* is a code " +
      "exchanged for an ID token over a new TLS connection, by Node alone; *echo over NATS* is a process that sends each message " +
      "back, through the same NATS server. A *social callback* is `finishSocialLogin`; its rate includes " +
      "`startSocialLogin` before it, its times do not.",
    [
      "operation",
      "database",
      "callers",
      "rate",
      "of its floor",
      "p50",
      "p95",
      "p99",
      "server",
      "Postgres",
      "Redis",
      "NATS",
      "load",
      "others",
      "µs",
      "Postgres µs",
    ],
    rows,
  );
};

const slowdownOf = (findings: Findings, name: string): number | undefined => {
  const [empty, full] = [EMPTY, FULL].map((on) => find(findings, name, on, 16));
  return empty && full && empty.rate / full.rate;
};

const growth = (findings: Findings): string => {
  const rows = Object.keys(FLOORS).flatMap((name) => {
    const slowdown = slowdownOf(findings, name);
    return slowdown === undefined ? [] : [[name, slowdown.toFixed(2)]];
  });
  return section("Growth", "How many times slower on the full database, 16 callers.", ["operation", "×"], rows);
};

const roundTrips = ({ roundTrips: trips }: Findings): string =>
  section(
    "Round trips",
    "How often one call waits for each server, counted by a proxy; statements sent together count once.",
    ["operation", "Postgres", "Redis"],
    trips.map(({ operation, postgres, redis }) => [operation, `${postgres}`, `${redis}`]),
  );

const footprint = ({ memory, startedIn }: Findings): string =>
  section(
    "Memory and start",
    "Resident memory of the process; the start is timed from `node dist/main.js` to a ready /readyz, on a migrated database.",
    ["", ""],
    [
      ["memory after the start, MiB", `${memory.started}`],
      ["memory after all the load, MiB", `${memory.loaded}`],
      ["peak memory, MiB", `${memory.peak}`],
      ["start, ms", startedIn.map((ms) => count(ms)).join(", ")],
    ],
  );

const section = (
  title: string,
  text: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string => {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return [`## ${title}`, "", text, "", line(head), line(rule), ...rows.map(line)].join("\n");
};

const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const figure = (value: number): string => (value < 100 ? value.toPrecision(3) : count(value));

/** The tracked figures of one run: the CPU time of each operation as a multiple of its floor's, and the shares that logins reach. */
export type Tracked = Readonly<Record<string, number>>;

export const trackedOf = (findings: Findings): Tracked =>
  Object.fromEntries(
    findings.series
      .filter(({ on, callers }) => on === FULL && callers === 16)
      .flatMap((one) => {
        const value = one.name.startsWith("login") ? ratioToFloor(findings, one) : costOf(findings, one);
        return value === undefined ? [] : [[one.name, Number(value.toPrecision(4))] as const];
      }),
  );

/** A table of the tracked figures beside the committed ones. */
export const comparison = (now: Tracked, committed: Tracked): string =>
  section(
    "Compared with the committed result",
    "CPU time × the floor's (less is better); for logins the share of bare argon2's rate (more is better).",
    ["operation", "committed", "now", "now ÷ committed"],
    Object.entries(now).map(([name, value]) => {
      const before = committed[name];
      return [name, before ? figure(before) : "–", figure(value), before ? (value / before).toFixed(2) : "–"];
    }),
  );

/** The start of the part of the file that is written by hand; a new run does not change it. */
const KEPT = "\n## What the profile shows";

export const keepNotes = (written: string, previous: string): string => {
  const start = previous.indexOf(KEPT);
  return `${written}\n${start < 0 ? `${KEPT}\n` : previous.slice(start)}`;
};
