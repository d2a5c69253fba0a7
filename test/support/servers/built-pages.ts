import { execFile } from "node:child_process";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inject } from "vitest";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));

/** How often a file looks whether another one has finished the build. */
const POLL_INTERVAL_MS = 100;

/** Builds the hosted pages into dist/web, once for each run: the first file that needs them builds, the others wait. */
export const buildPages = async (): Promise<void> => {
  const directory = inject("runDirectory");
  const [started, finished] = [join(directory, "pages-started"), join(directory, "pages-finished")];
  const isFirst = await mkdir(started).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    const failure = await build().then(
      () => "",
      (error: Error) => error.message,
    );
    await writeFile(finished, failure);
  }
  while (!(await exists(finished))) await delay(POLL_INTERVAL_MS);
  if (!(await exists(join(PROJECT, "dist/web/index.html")))) throw new Error("The hosted pages could not be built.");
};

const build = async (): Promise<void> => {
  // Vitest's NODE_ENV would build the pages with React's checks for development.
  const env = { ...process.env, NODE_ENV: "production" };
  await promisify(execFile)("npm", ["run", "--silent", "build:web"], { cwd: PROJECT, env });
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
