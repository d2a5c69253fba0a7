import { sharedTestApp, type TestApp } from "./app.ts";
import { buildPages } from "./built-pages.ts";
import type { Settings } from "./settings.ts";

/** The shared app of this process with the hosted pages. */
export const sharedWebApp = async (settings: Settings = {}): Promise<TestApp> => {
  await buildPages();
  return sharedTestApp({ WEB: "on", ...settings });
};
