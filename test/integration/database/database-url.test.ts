import { chown, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { startEmbeddedPostgres } from "#dev/embedded-postgres";
import { pgOptions, postgresJsOptions } from "#platform/database/database-url";
import { resolveDatabaseUrl } from "#platform/database/resolve-database-url";
import { createAuthority } from "../../support/servers/authority.ts";
import { runCli } from "../../support/servers/cli.ts";
import { createEmptyDatabase, type TestDatabase } from "../../support/servers/database.ts";
import { startPooler } from "../../support/servers/pooler.ts";
import { removeCluster } from "../../support/servers/run-directory.ts";
import { WAIT } from "../../support/timeouts.ts";

const IS_ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

/** @returns whether the driver of the requests connects encrypted, or why it cannot connect */
const byRequests = async (url: string): Promise<unknown> => {
  const sql = postgres({ ...postgresJsOptions(url), max: 1, fetch_types: false });
  try {
    return (await sql.unsafe(IS_ENCRYPTED))[0]?.ssl;
  } catch (error) {
    return codeOf(error);
  } finally {
    await sql.end({ timeout: 1 });
  }
};

/** The same for the driver of the jobs and migrations. */
const byJobs = async (url: string): Promise<unknown> => {
  const client = new pg.Client(pgOptions(url));
  client.on("error", () => {});
  try {
    await client.connect();
    return (await client.query(IS_ENCRYPTED)).rows[0]?.ssl;
  } catch (error) {
    return codeOf(error);
  } finally {
    await client.end();
  }
};

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code ?? String(error);

const recordingLog = () => {
  const lines: unknown[][] = [];
  return { lines, warn: (...line: unknown[]) => void lines.push(line) };
};

describe("a Postgres with the certificate of a private authority", () => {
  let directory: string;
  let url: string;
  let stop: () => Promise<void>;
  let files: { readonly own: string; readonly foreign: string };

  const withWords = (words: string, host = "localhost"): string => {
    const changed = new URL(url);
    changed.hostname = host;
    changed.search = words;
    return changed.href;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(inject("runDirectory"), "tls-"));
    const server = await startEmbeddedPostgres({
      dataDir: directory,
      database: "app",
      durable: false,
      log: { info: () => {} },
    });
    ({ url, stop } = server);
    const [authority, other] = [createAuthority("Private"), createAuthority("Private")];
    files = { own: join(directory, "own.pem"), foreign: join(directory, "foreign.pem") };
    await writeFile(files.own, authority.cert);
    await writeFile(files.foreign, other.cert);

    const data = join(directory, "postgres/data");
    const { uid, gid } = await stat(data);
    const { key, cert } = authority.sign("localhost");
    for (const [name, text] of [
      ["server.key", key],
      ["server.crt", cert],
    ] as const) {
      await writeFile(join(data, name), text, { mode: 0o600 });
      if (process.getuid?.() === 0) await chown(join(data, name), uid, gid);
    }
    const sql = postgres(url, { max: 1 });
    await sql`alter system set ssl = on`;
    await sql`select pg_reload_conf()`;
    await vi.waitUntil(async () => (await byJobs(withWords("sslmode=no-verify"))) === true, WAIT);
    await sql.end();
  });
  afterAll(async () => {
    await stop?.();
    await removeCluster(directory);
    await rm(directory, { recursive: true, force: true });
  });

  it.each([
    ["", "localhost", false],
    ["sslmode=disable", "localhost", false],
    ["sslmode=require", "localhost", true],
    ["sslmode=no-verify", "localhost", true],
    ["ssl=true", "localhost", true],
    ["sslmode=require&sslrootcert=own", "localhost", true],
    ["sslmode=require&sslrootcert=own", "127.0.0.1", true],
    ["sslmode=verify-ca&sslrootcert=own", "127.0.0.1", true],
    ["sslmode=verify-full&sslrootcert=own", "localhost", true],
    ["sslmode=verify-full&sslrootcert=own", "127.0.0.1", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["sslmode=require&sslrootcert=foreign", "localhost", expect.stringMatching(/CERT|SIGNATURE|LOCALLY/)],
    ["sslmode=verify-ca&sslrootcert=foreign", "localhost", expect.stringMatching(/CERT|SIGNATURE|LOCALLY/)],
    ["sslmode=verify-ca", "localhost", expect.stringMatching(/CERT|SIGNATURE|LOCALLY/)],
    [
      "sslmode=verify-full&channel_binding=require&schema=x&pgbouncer=true",
      "localhost",
      expect.stringMatching(/CERT|SIGNATURE|LOCALLY/),
    ],
    ["sslmode=require&channel_binding=require&schema=x&pgbouncer=true", "localhost", true],
  ])("is reached with %j at %s as documented for that setting, by both drivers", async (words, host, expected) => {
    const named = withWords(words.replace("=own", `=${files.own}`).replace("=foreign", `=${files.foreign}`), host);
    expect({ requests: await byRequests(named), jobs: await byJobs(named) }).toEqual({
      requests: expected,
      jobs: expected,
    });
  });

  it("is encrypted by sslmode=prefer", async () => {
    const resolved = await resolveDatabaseUrl(withWords("sslmode=prefer"), recordingLog());
    expect([await byRequests(resolved), await byJobs(resolved)]).toEqual([true, true]);
  });

  it("is migrated and served with a URL as hosting companies show it, with a warning about unsupported parameters", async () => {
    const words = `sslmode=verify-full&sslrootcert=${files.own}&channel_binding=require&schema=public&pgbouncer=true`;
    const { code, stdout, stderr } = await runCli(["migrate"], { env: { DATABASE_URL: withWords(words) } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "The database is up to date.\n" });
    expect(JSON.parse(stderr)).toMatchObject({ level: 40, ignored: ["channel_binding", "schema", "pgbouncer"] });
  });

  it("is refused with one message if the CA file is missing", async () => {
    const named = withWords("sslmode=verify-full&sslrootcert=/nowhere/ca.pem");
    const { code, stderr } = await runCli(["migrate"], { env: { DATABASE_URL: named } });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "DATABASE_URL: the file of sslrootcert cannot be read (ENOENT)\n",
    });
  });
});

describe("a pooler in front of Postgres", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createEmptyDatabase();
  });
  afterAll(() => database.drop());

  it("stops the start before any migration if it refuses session parameters", async () => {
    const pooler = await startPooler(database.url, "refused");
    try {
      const { code, stderr } = await runCli(["migrate"], { env: { DATABASE_URL: pooler.url } });
      expect(code).toBe(1);
      expect(stderr).toContain("unsupported startup parameter: statement_timeout");
      expect(stderr).toContain("ignore_startup_parameters");
      expect(stderr.trim().split("\n")).toHaveLength(1);
      const sql = postgres(database.url, { max: 1 });
      expect(await sql`select to_regclass('users') as users`).toEqual([{ users: null }]);
      await sql.end();
    } finally {
      await pooler.stop();
    }
  });

  it("causes a warning if it drops session parameters", async () => {
    const pooler = await startPooler(database.url, "ignored");
    const log = recordingLog();
    try {
      expect(await resolveDatabaseUrl(pooler.url, log)).toBe(pooler.url);
      expect(log.lines).toEqual([[expect.stringContaining("a pooler drops statement_timeout")]]);
    } finally {
      await pooler.stop();
    }
  });

  it("is reached without TLS by sslmode=prefer if it does not support TLS", async () => {
    const url = `${database.url}?sslmode=prefer`;
    expect(new URL(await resolveDatabaseUrl(url, recordingLog())).searchParams.get("sslmode")).toBe("disable");
  });
});
