import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Something a suite needs, or the reason why this machine does not have it. */
export type Finding = { readonly value: string } | { readonly reason: string };

/** The first of these programs on the PATH; or else Debian's package, installed if TEST_INSTALL is `apt`; or else the reason. */
export async function findOrInstall(programs: readonly string[], debianPackage: string): Promise<Finding> {
  const found = await findProgram(programs);
  if (found) return { value: found };
  const refusal = await installByApt(debianPackage);
  if (refusal !== null) return { reason: `no ${programs[0]} on the PATH, and ${refusal}` };
  const installed = await findProgram(programs);
  return installed ? { value: installed } : { reason: `the package ${debianPackage} holds no ${programs[0]}` };
}

async function findProgram(names: readonly string[]): Promise<string | null> {
  const directories = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  for (const path of names.flatMap((name) => directories.map((directory) => join(directory, name)))) {
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return path;
  }
  return null;
}

/** Null if installed, otherwise the reason. Of two concurrent runs, the second waits and finds it installed. */
async function installByApt(debianPackage: string): Promise<string | null> {
  if (process.env.TEST_INSTALL !== "apt") return "TEST_INSTALL=apt is not set, which would install it";
  if (process.getuid?.() !== 0) return "only root can install it";
  if (!(await findProgram(["apt-get"]))) return "apt-get is missing, which would install it";
  const apt = "apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=0 -o Acquire::http::Timeout=15";
  const install = `${apt} install -y --no-install-recommends ${debianPackage}`;
  // Run level 1, so that a package installs its program without starting a service on the usual port.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  try {
    await run("flock", ["/run/portcullis-apt.lock", "sh", "-c", `${install} || { ${apt} update && ${install}; }`], {
      env,
      timeout: 600_000,
    });
    return null;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    return `apt-get failed (${(stderr?.trim() || message).split("\n").at(-1)})`;
  }
}
