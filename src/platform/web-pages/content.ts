import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Catalogues, readCatalogues } from "./catalogues.ts";
import { readShell, SHELL_FILE, type Shell } from "./shell.ts";

/** The built pages. */
export interface WebContent {
  readonly shell: Shell;
  readonly catalogues: Catalogues;
}

export interface WebSources {
  /** The folder of the built pages. */
  readonly folder: string;
  /** LOCALES_DIR; undefined if not set. */
  readonly localesDir: string | undefined;
}

/** The pages that were built into this folder; null if they were not. */
export const readWebContent = async ({ folder, localesDir }: WebSources): Promise<WebContent | null> => {
  const shell = await readShell(folder);
  if (shell === null) return null;
  return { shell, catalogues: await readCatalogues({ ours: join(folder, "locales"), overrides: localesDir }) };
};

/** Follows builds that happen while the server runs (development); what cannot be read leaves the pages as they are. */
export const followBuilds = (first: WebContent, sources: WebSources): (() => Promise<WebContent>) => {
  let current = first;
  let builtAt: number | null = null;
  return async () => {
    const { mtimeMs } = await stat(join(sources.folder, SHELL_FILE)).catch(() => ({ mtimeMs: builtAt }));
    if (mtimeMs === builtAt) return current;
    const read = await readWebContent(sources).catch(() => null);
    if (read !== null) [current, builtAt] = [read, mtimeMs];
    return current;
  };
};
