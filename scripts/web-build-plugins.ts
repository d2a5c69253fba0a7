import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Plugin } from "vite";
import { fingerprintSources, STAMP_FILE } from "#dev/web-build";

const run = promisify(execFile);

/** The files of the pages that end in this, relative to the folder of the sources. */
const listFiles = async (root: string, end: string): Promise<string[]> =>
  (await readdir(root, { recursive: true })).filter((name) => name.endsWith(end)).toSorted();

/**
 * Writes the typed documents of the operations, if these have changed. In another process, because Vite would load another copy of
 * graphql than the code generator.
 */
export const documents = (): Plugin => {
  let root = "";
  let haveChanged = true;
  return {
    name: "documents",
    configResolved: (config) => {
      root = config.root;
    },
    watchChange: (file) => {
      haveChanged ||= file.endsWith(".graphql");
    },
    async buildStart() {
      if (haveChanged) await run(process.execPath, ["--import", "tsx", WRITE_DOCUMENTS]);
      haveChanged = false;
      for (const file of await listFiles(root, ".graphql")) this.addWatchFile(join(root, file));
    },
  };
};

const WRITE_DOCUMENTS = fileURLToPath(new URL("web-documents.ts", import.meta.url));

/** Copies the catalogues, which the server merges with those of the operator. */
export const catalogues = (): Plugin => {
  let root = "";
  return {
    name: "catalogues",
    configResolved: (config) => {
      root = config.root;
    },
    async buildStart() {
      for (const file of await listFiles(root, ".json")) this.addWatchFile(join(root, file));
    },
    async generateBundle() {
      const folder = resolve(root, "locales");
      for (const file of await listFiles(folder, ".json"))
        this.emitFile({ type: "asset", fileName: `locales/${file}`, source: await readFile(join(folder, file)) });
    },
  };
};

/** Writes the fingerprint of the sources, as they were when the build began. */
export const stamp = (): Plugin => {
  let fingerprint = "";
  return {
    name: "stamp",
    async buildStart() {
      fingerprint = await fingerprintSources();
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: STAMP_FILE, source: fingerprint });
    },
  };
};
