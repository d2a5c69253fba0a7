import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inject } from "vitest";
import { ensureWebBuild } from "#dev/web-build";

/** How often a file looks whether another one has finished the build. */
const POLL_INTERVAL_MS = 100;

/**
 * Builds the hosted pages into dist/web, unless they are built from the present sources: by the first file of a run that needs
 * them, while the others wait.
 *
 * @throws {Error} with the reason if they cannot be built
 */
export const buildPages = async (): Promise<void> => {
  const directory = inject("runDirectory");
  const outcome = join(directory, "pages-outcome");
  const isFirst = await mkdir(join(directory, "pages-started")).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    // Under its name only once it is complete.
    await writeFile(`${outcome}-draft`, JSON.stringify({ fault: await build() }));
    await rename(`${outcome}-draft`, outcome);
  }
  const fault = await waitForFault(outcome);
  if (fault !== null) throw new Error(fault);
};

/** @returns the reason why the pages could not be built; null if they are built */
const build = async (): Promise<string | null> => {
  let fault: string | null = null;
  await ensureWebBuild({
    info: () => {},
    warn: (fields, message) => {
      fault = `${message}: ${JSON.stringify(fields)}`;
    },
  });
  return fault;
};

const waitForFault = async (outcome: string): Promise<string | null> => {
  for (;;) {
    const text = await readFile(outcome, "utf8").catch(() => null);
    if (text !== null) return JSON.parse(text).fault;
    await delay(POLL_INTERVAL_MS);
  }
};
