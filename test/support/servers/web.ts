import { ensureWebBuild } from "#dev/web-build";
import { sharedTestApp, type TestApp } from "./app.ts";
import type { Settings } from "./settings.ts";

/**
 * Builds the hosted pages, unless they are built from the present sources. Several processes may do this at the same time.
 *
 * @throws {Error} with the reason if they cannot be built
 */
export const buildWeb = (): Promise<void> =>
  ensureWebBuild({
    info: () => {},
    warn: (fields, message) => {
      throw new Error(`${message}: ${JSON.stringify(fields)}`);
    },
  });

/** The shared app of this process with the hosted pages. */
export const sharedWebApp = async (settings: Settings = {}): Promise<TestApp> => {
  await buildWeb();
  return sharedTestApp({ WEB: "on", ...settings });
};
