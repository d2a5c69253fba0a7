import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { fingerprintSources, isWebBuilt, WEB_FOLDER } from "#dev/web-build";

// Builds the hosted pages into dist/web: npm run build:web. With --quick the files are not compressed, for a start in development;
// with --watch the pages are then built again after each change.

const CONFIG = fileURLToPath(new URL("vite.web.config.ts", import.meta.url));
const DIST = dirname(WEB_FOLDER);

const WATCH = process.argv.includes("--watch");
const QUICK = WATCH || process.argv.includes("--quick");

const main = async (): Promise<void> => {
  // A server in development starts this script, and its NODE_ENV would add React's checks for development.
  process.env.NODE_ENV = "production";
  if (!(QUICK && (await isWebBuilt(await fingerprintSources())))) await buildOnce();
  if (WATCH) await buildAfterChanges();
};

/** Builds into a temporary folder, so that no server finds an incomplete build. */
const buildOnce = async (): Promise<void> => {
  await removeAbandoned();
  const folder = join(DIST, `.web-${process.pid}`);
  await mkdir(folder, { recursive: true });
  try {
    const { build } = await import("vite");
    await build({ configFile: CONFIG, logLevel: QUICK ? "error" : "info", build: { outDir: folder } });
    if (!QUICK) await compressFiles(folder);
    await replaceBuild(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Folders of processes that were killed. */
const removeAbandoned = async (): Promise<void> => {
  for (const name of await readdir(DIST).catch(() => [])) {
    const [, pid] = /^\.web-(\d+)/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(DIST, name), { recursive: true, force: true });
  }
};

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Two starts can do this at the same moment: one of them wins, and both have built the same. */
const replaceBuild = async (folder: string): Promise<void> => {
  if (QUICK && (await isWebBuilt(await fingerprintSources()))) return;
  const previous = `${folder}-previous`;
  await rename(WEB_FOLDER, previous).catch(ignore("ENOENT"));
  await rename(folder, WEB_FOLDER).catch(ignore("EEXIST", "ENOTEMPTY"));
  await rm(previous, { recursive: true, force: true });
};

const ignore =
  (...codes: string[]) =>
  (error: NodeJS.ErrnoException): void => {
    if (!codes.includes(error.code ?? "")) throw error;
  };

const COMPRESSORS = { br: promisify(brotliCompress), gz: promisify(gzip) };

/** Smaller files fit into one packet anyway. */
const MIN_COMPRESSED_BYTES = 1_024;

/** Writes compressed copies beside the files that the server sends as they are. */
const compressFiles = async (folder: string): Promise<void> => {
  const names = await readdir(folder, { recursive: true });
  const compressible = names.filter((name) => /\.(js|css|svg)$/.test(name)).map((name) => join(folder, name));
  await Promise.all(
    compressible.map(async (path) => {
      const content = await readFile(path);
      if (content.length < MIN_COMPRESSED_BYTES) return;
      for (const [end, compress] of Object.entries(COMPRESSORS))
        await writeFile(`${path}.${end}`, await compress(content));
    }),
  );
};

const buildAfterChanges = async (): Promise<void> => {
  const { build } = await import("vite");
  await build({ configFile: CONFIG, logLevel: "warn", build: { emptyOutDir: false, watch: {} } });
  process.send?.("watching");
  process.once("disconnect", () => process.exit());
};

main().catch((error: unknown) => {
  process.stderr.write(`${describe(error)}\n`);
  process.exitCode = 1;
});

const describe = (error: unknown): string => {
  const { code, message, path = "" } = error as NodeJS.ErrnoException;
  if (code === "ERR_MODULE_NOT_FOUND")
    return "Vite or another package of the build is not installed: npm ci installs it.";
  if (code === "EROFS" || code === "EACCES") return `${path || "dist"} cannot be written.`;
  // Messages of compilers contain their sources.
  return message.slice(0, 1_000);
};
