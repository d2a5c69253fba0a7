import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// The build of the hosted pages, which a first start needs. Vite runs in another process, so that production does not need it.

/** The root of the checkout; the same for this file in src/ and in dist/. */
const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** The folder of the built pages. */
export const WEB_FOLDER = join(PROJECT, "dist/web");

/** In that folder; contains the fingerprint of the sources that it was built from. */
export const STAMP_FILE = ".sources";

/** Everything that the build reads; of folders the sources without tests and without generated files. */
export const WEB_SOURCES = [
  "src/web",
  "src/client",
  "src/shared",
  "schema.graphql",
  "package-lock.json",
  "scripts/build-web.ts",
  "scripts/vite.web.config.ts",
  "scripts/web-build-plugins.ts",
  "scripts/web-documents.ts",
];
const IGNORED = /\.(test|documents)\.tsx?$/;

/** Changes with every source of the pages. */
export const fingerprintSources = async (project = PROJECT): Promise<string> => {
  const hash = createHash("sha256");
  for (const path of (await Promise.all(WEB_SOURCES.map((source) => filesAt(project, source)))).flat()) {
    hash
      .update(`${path}\0`)
      .update(await readFile(join(project, path)))
      .update("\0");
  }
  return hash.digest("hex");
};

/** The file, or the sorted files below the folder, relative to the project. */
const filesAt = async (project: string, source: string): Promise<string[]> => {
  if (/\.\w+$/.test(source)) return [source];
  const entries = await readdir(join(project, source), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !IGNORED.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name).slice(project.length))
    .toSorted();
};

/** Whether the pages are built from the present sources. */
export const isWebBuilt = async (fingerprint: string): Promise<boolean> =>
  (await readFile(join(WEB_FOLDER, STAMP_FILE), "utf8").catch(() => null)) === fingerprint;

interface Log {
  info(message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * Builds the hosted pages if they are absent or their sources have changed. A failure is logged, and no reason not to start:
 * the server then uses the previous build, or runs without the pages.
 */
export const ensureWebBuild = async (log: Log): Promise<void> => {
  const began = performance.now();
  try {
    if (await isWebBuilt(await fingerprintSources())) return;
    log.info("building the hosted pages, once for these sources");
    const fault = await runBuild();
    if (fault !== null) return log.warn({ reason: fault }, "the hosted pages could not be built");
    log.info(`built the hosted pages in ${Math.round(performance.now() - began)} ms`);
  } catch (error) {
    log.warn({ err: error }, "the sources of the hosted pages could not be read");
  }
};

/** @returns null, or the reason why the build failed */
const runBuild = (): Promise<string | null> =>
  new Promise((resolve) => {
    const script = spawn(process.execPath, ["--import", "tsx", "scripts/build-web.ts", "--quick"], {
      cwd: PROJECT,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let words = "";
    script.stderr.on("data", (chunk: Buffer) => {
      words += chunk.toString();
    });
    script.once("error", (error) => resolve(error.message));
    script.once("close", (code, signal) =>
      resolve(code === 0 ? null : words.trim() || `the build ended with ${signal ?? `exit code ${code}`}`),
    );
  });
