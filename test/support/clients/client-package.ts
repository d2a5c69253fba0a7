import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);

/** Runs TypeScript's compiler, by default the fast one of version 7; a failure has its messages. */
export const tsc = (
  cwd: string,
  args: readonly string[],
  compiler: "typescript" | "typescript-native" = "typescript-native",
) =>
  run(process.execPath, [join(PROJECT, "node_modules", compiler, "bin/tsc"), ...args], { cwd }).catch((error) => {
    throw new Error(error.stdout);
  });

/**
 * Builds the package for frontends as `npm run build` does, and packs it as `npm pack` and `npm publish` do.
 *
 * @returns the path of the packed file
 */
export const packClientPackage = async (
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const built = join(folder, "built");
  const script = join(PROJECT, "scripts/client-package.mjs");
  await run(process.execPath, [script, built], { env: { ...process.env, ...env } });
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder, built]);
  return join(folder, JSON.parse(stdout)[0].filename);
};

/** A frontend with the packed package, installed without a registry, and with these packages of the project beside it. */
export const installClientPackage = async (
  frontend: string,
  packed: string,
  packages: readonly string[],
): Promise<void> => {
  const dependencies = { portcullis: `file:${packed}`, jose: `file:${join(PROJECT, "node_modules/jose")}` };
  await mkdir(frontend, { recursive: true });
  await writeFile(join(frontend, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--no-package-lock"], { cwd: frontend });
  for (const name of packages) {
    const link = join(frontend, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(PROJECT, "node_modules", name), link);
  }
};
