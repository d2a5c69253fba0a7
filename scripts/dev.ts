import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

// npm run dev: the server, started again after each change, and the hosted pages, built again after each change. Both end together.

const PROJECT = fileURLToPath(new URL("../", import.meta.url));
const TSX = createRequire(import.meta.url).resolve("tsx/cli");

const children: ChildProcess[] = [];

const start = (args: readonly string[], stdio: "inherit" | ["ignore", "inherit", "inherit", "ipc"]): ChildProcess => {
  const child = spawn(process.execPath, args, { cwd: PROJECT, stdio });
  children.push(child);
  child.once("exit", (code) => stop(code ?? 1));
  return child;
};

const stop = (code: number): void => {
  process.exitCode = code;
  for (const child of children) child.kill("SIGTERM");
};

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop(0));

// The channel ends this child even if the parent is killed.
const pages = start(["--import", "tsx", "scripts/build-web.ts", "--watch"], ["ignore", "inherit", "inherit", "ipc"]);
await Promise.race([once(pages, "message"), once(pages, "exit")]);
if (pages.exitCode === null) start([TSX, "watch", "src/main.ts", "--pages-are-watched"], "inherit");
