import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { RefusedLine } from "#features/user-import/index";
import { type Command, print, readArguments } from "./command.ts";
import { linesOf } from "./lines.ts";
import { withApp } from "./with-app.ts";

export const importUsers: Command = {
  async run(args) {
    const { values, positionals } = readArguments(args, {
      options: { "dry-run": { type: "boolean", default: false } },
      positionals: ["file"],
    });
    const dryRun = values["dry-run"];
    const input = await openInput(positionals[0] ?? "");
    return withApp(async ({ userImport }) => {
      const { imported, skipped, refused } = await userImport.import(linesOf(input), { dryRun, onRefused: report });
      print(`${imported} ${dryRun ? "would be imported" : "imported"}, ${skipped} skipped, ${refused} refused`);
      return refused === 0 ? 0 : 1;
    });
  },
};

/** Opened before anything else, so that a wrong name is reported immediately. */
const openInput = async (path: string): Promise<Readable> => {
  if (path === "-") return process.stdin;
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${path} cannot be read (${error.code}).`);
  });
  if (!(await file.stat()).isDirectory()) return file.createReadStream();
  await file.close();
  throw new Error(`${path} is a directory.`);
};

/** Reported immediately, so that the operator of a million lines need not wait for the end, and faults are not kept in memory. */
const report = ({ line, faults }: RefusedLine): void =>
  void process.stderr.write(`line ${line}: ${faults.join("; ")}\n`);
