import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { migrateDatabase } from "#platform/database/migrate";
import { createPasswordHashing } from "#platform/password-hashing/index";
import type { RingKey } from "#platform/secrets";
import { findFreePort } from "../support/servers/ports.ts";
import {
  type BenchmarkEnv,
  build,
  type MeasuredServer,
  PUBLIC_URL,
  startBenchmarkEnv,
  startEcho,
  startFloors,
  startNats,
  startProduct,
  startProvider,
} from "./benchmark-env.ts";
import { findCores, pin, pinAll, readMemory } from "./machine.ts";
import {
  CHAINS,
  constant,
  fiveRows,
  login,
  loginAtHome,
  loginWithTotp,
  me,
  refresh,
  sessions,
  socialCallback,
  validateToken,
} from "./operations.ts";
import { ECHO, natsSubjectsOn } from "./over-nats.ts";
import {
  ACCESS_TOKEN_SECONDS,
  CALLERS,
  createDatabase,
  newRingKey,
  type Population,
  populate,
  SESSIONS_PER_USER,
} from "./population.ts";
import { profile } from "./profile.ts";
import { type BenchProvider, providerAlone, socialSettings } from "./provider.ts";
import { comparison, EMPTY, type Findings, FULL, keepNotes, report, type Tracked, trackedOf } from "./report.ts";
import { countRoundTrips, type RoundTrips, startCountingProxy } from "./round-trips.ts";
import { asked, bareArgon2, type MeasuredSubject, type Plan, type Series, takeSeries } from "./series.ts";
import { measureUserList } from "./user-list.ts";

/**
 * Measures the compiled product next to its floors and writes RESULTS.md: `npm run bench`. For a preview that writes nothing:
 * `npm run bench -- --quick`, `-- --only login,refresh`.
 */
const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    // Only `users(…)` on 1,000,000 users; replaces that section of RESULTS.md.
    "user-list": { type: "boolean", default: false },
    // Where the main thread spends its time, for example `--profile me,refresh`. Prints, and writes nothing.
    profile: { type: "string" },
    // Measures dist/ as it is.
    "no-build": { type: "boolean", default: false },
  },
});

/** The figures with which a later run is compared. */
const TRACKED = fileURLToPath(new URL("tracked.json", import.meta.url));
const RESULTS = fileURLToPath(new URL("RESULTS.md", import.meta.url));
const USERS = options.quick ? 10_000 : 100_000;
const QUERIES: Plan = options.quick
  ? { rounds: 5, firstWarmUp: 3, warmUp: 0.1, seconds: 0.7, callers: [16] }
  : { rounds: 4, firstWarmUp: 3, warmUp: 0.3, seconds: 1.2, callers: [16, 1] };
const LOGINS: Plan = options.quick
  ? // Postgres plans each of the first five executions of a statement on a connection.
    { rounds: 3, firstWarmUp: 6, warmUp: 0.3, seconds: 1.5, callers: [16] }
  : { rounds: 4, firstWarmUp: 8, warmUp: 0.5, seconds: 3, callers: [16, 1] };

const OPERATIONS = [validateToken, me, sessions, refresh];

/** A database, with the product and the floors on it. */
interface Stage {
  readonly name: string;
  readonly databaseUrl: string;
  readonly population: Population;
  readonly product: MeasuredServer;
  readonly floors: MeasuredServer;
  readonly natsUrl: string;
  /** Called over NATS only, because with NATS a login writes one row more, which earlier figures did not include. */
  readonly productOnNats: MeasuredServer;
  readonly echo: MeasuredServer;
  stop(): Promise<void>;
}

const main = async (): Promise<void> => {
  const cores = findCores();
  if (!options["no-build"]) {
    say("compiling");
    await build();
  }
  const env = await startBenchmarkEnv();
  const provider = await startProvider(env);
  const key = newRingKey();
  const stages: Stage[] = [];
  try {
    const databases = [[EMPTY, CALLERS] as const, [FULL, USERS] as const];
    for (const [name, users] of options.quick ? databases.slice(1) : databases) {
      say(`filling the ${name} database: ${users} users`);
      stages.push(await setStage(name, users, { ...env, provider }, key));
    }
    const started = readMemory(fullOf(stages).product.pid).now;

    say("measuring on one core");
    pinAll(cores.other);
    for (const stage of stages) for (const { pid } of measuredOn(stage)) pin(pid, cores.one);
    const queries = await takeSeries(wanted(stages.flatMap(queriesOn)), QUERIES);
    // Last, because by then the code shared by all requests is compiled; logins alone are too rare to warm it up.
    say("measuring logins on both cores");
    pinAll(cores.both);
    const logins = await takeSeries(wanted([bareArgon2, providerAlone(provider), ...stages.flatMap(loginsOn)]), LOGINS);
    const { now: loaded, peak } = readMemory(fullOf(stages).product.pid);
    say("counting round trips");
    const roundTrips = await countOn(fullOf(stages), { ...env, provider }, key);

    await publish({
      date: new Date(),
      users: USERS,
      sessions: USERS * SESSIONS_PER_USER,
      series: [...queries, ...logins] satisfies Series[],
      roundTrips,
      memory: { started, loaded, peak },
      startedIn: stages.map(({ product }) => product.startedIn),
    });
  } finally {
    await Promise.all(stages.map((stage) => stage.stop()));
    await provider.stop();
    await env.stop();
  }
};

type Around = BenchmarkEnv & { readonly provider: BenchProvider };

const setStage = async (name: string, users: number, env: Around, key: RingKey): Promise<Stage> => {
  const databaseUrl = await createDatabase(env.postgresUrl, `bench_${name}`);
  await migrateDatabase(databaseUrl);
  const { hasher } = await createPasswordHashing({ log: { info: () => undefined, warn: () => undefined } });
  const socialIssuer = env.provider.issuer;
  const population = await populate(databaseUrl, users, { key, issuer: PUBLIC_URL, socialIssuer, hasher });
  const product = await startProduct(env, databaseUrl, key, settingsFor(env));
  const floors = await startFloors(env, databaseUrl, population.jwks);
  const nats = await startNats(env);
  const onNats = { ...settingsFor(env), NATS_URL: nats.url, WORKER_CONCURRENCY: "0" };
  const productOnNats = await startProduct(env, databaseUrl, key, onNats);
  const echo = await startEcho(env, nats.url);
  const stage = { name, databaseUrl, population, product, floors, natsUrl: nats.url, productOnNats, echo };
  return {
    ...stage,
    async stop() {
      await Promise.all(measuredOn(stage).map((server) => server.stop()));
      await nats.stop();
    },
  };
};

const measuredOn = ({
  product,
  floors,
  productOnNats,
  echo,
}: Pick<Stage, "product" | "floors" | "productOnNats" | "echo">): MeasuredServer[] => [
  product,
  floors,
  productOnNats,
  echo,
];

const settingsFor = ({ provider }: Around) => ({
  ACCESS_TOKEN_SECONDS: `${ACCESS_TOKEN_SECONDS}`,
  ...socialSettings(provider),
});

const fullOf = (stages: readonly Stage[]): Stage => {
  const full = stages.at(-1);
  if (full === undefined) throw new Error("The stage is missing.");
  return full;
};

const loginsOn = ({ name, population, product }: Stage): MeasuredSubject[] => [
  asked(login(population), product, name),
  asked(loginAtHome(population), product, name),
  asked(socialCallback(population), product, name),
  ...(population.totpOwners.length > 0 ? [asked(loginWithTotp(population), product, name)] : []),
];

const queriesOn = ({ name, population, product, floors, natsUrl, productOnNats, echo }: Stage): MeasuredSubject[] => [
  asked(constant(), floors, name),
  asked(fiveRows(population), floors, name),
  ...OPERATIONS.map((operation) => asked(operation(population), product, name)),
  ...natsSubjectsOn({ name, population, natsUrl, product: productOnNats, echo }),
];

/** The subjects named by `--only`, and the floors. */
const wanted = (subjects: readonly MeasuredSubject[]): MeasuredSubject[] => {
  const names = options.only?.split(",");
  return subjects.filter(({ name }) => !names || names.includes(name) || FLOORS.includes(name));
};

const FLOORS = [bareArgon2.name, "provider alone", "constant", "five rows", ECHO];

const profileOperations = async (names: readonly string[]): Promise<void> => {
  const env = await startBenchmarkEnv();
  const provider = await startProvider(env);
  const key = newRingKey();
  try {
    say(`filling the database: ${USERS} users`);
    const stage = await setStage(FULL, USERS, { ...env, provider }, key);
    const inspector = await findFreePort();
    const settings = { ...settingsFor({ ...env, provider }), NODE_OPTIONS: `--inspect=127.0.0.1:${inspector}` };
    const product = await startProduct(env, stage.databaseUrl, key, settings);
    try {
      for (const operation of [...OPERATIONS, login, loginAtHome, socialCallback].map((each) => each(stage.population)))
        if (names.includes(operation.name)) process.stdout.write(`${await profile(operation, product, inspector)}\n\n`);
    } finally {
      await product.stop();
      await stage.stop();
    }
  } finally {
    await provider.stop();
    await env.stop();
  }
};

/** Counts on a separate product, whose connections go through proxies, and which does nothing else. */
const countOn = async ({ databaseUrl, population }: Stage, env: Around, key: RingKey): Promise<RoundTrips[]> => {
  const [postgres, redis] = await Promise.all([startCountingProxy(databaseUrl), startCountingProxy(env.redisUrl)]);
  const quiet = { ...settingsFor(env), WORKER_CONCURRENCY: "0", DATABASE_POOL_SIZE: "2" };
  const product = await startProduct({ ...env, redisUrl: redis.url }, postgres.url, key, quiet);
  const few = {
    ...population,
    // Few enough that all of them are cached when counting starts.
    sessions: population.sessions.slice(0, CHAINS),
    // The first ones may have used their present code when logins were measured.
    totpOwners: population.totpOwners.toReversed(),
  };
  try {
    const trips: RoundTrips[] = [];
    for (const operation of [login, loginAtHome, loginWithTotp, socialCallback, ...OPERATIONS])
      trips.push(...(await countRoundTrips(operation(few), product.port, { postgres, redis })));
    return trips;
  } finally {
    await product.stop();
    postgres.stop();
    redis.stop();
  }
};

const publish = async (findings: Findings): Promise<void> => {
  const written = report(findings);
  const tracked = trackedOf(findings);
  const committed = JSON.parse(await readFile(TRACKED, "utf8").catch(() => "{}")) as Tracked;
  process.stdout.write(`${written}\n\n${comparison(tracked, committed)}\n`);
  if (options.quick || options.only) return;
  await writeFile(TRACKED, `${JSON.stringify(tracked, null, 2)}\n`);
  const previous = await readFile(RESULTS, "utf8").catch(() => "");
  await writeFile(RESULTS, keepNotes(written, previous));
};

const say = (what: string): void => {
  process.stderr.write(`${what} …\n`);
};

if (options["user-list"])
  await measureUserList({ users: options.quick ? 100_000 : 1_000_000, runs: 40, publish: !options.quick });
else if (options.profile !== undefined) await profileOperations(options.profile.split(","));
else await main();
