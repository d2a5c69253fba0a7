import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bareStatement, type Step, stepOf } from "./step.ts";

/** The directory of the SQL migrations, from the sources and from the compiled program alike. */
export const MIGRATIONS = fileURLToPath(new URL("../../../../drizzle", import.meta.url));

export interface Migration {
  /** The name of its file, without `.sql`. */
  readonly name: string;
  /** Milliseconds since 1970, from the journal. drizzle-kit's table identifies migrations by it. */
  readonly createdAt: number;
  readonly hash: string;
  readonly steps: readonly Step[];
}

interface Journal {
  readonly entries: readonly { readonly tag: string; readonly when: number }[];
}

/** Reads drizzle-kit's folder, in the order of its journal. */
export const readMigrations = async (folder: string): Promise<Migration[]> => {
  const { entries } = JSON.parse(await readFile(join(folder, "meta/_journal.json"), "utf8")) as Journal;
  return Promise.all(
    entries.map(async ({ tag, when }) => {
      const text = await readFile(join(folder, `${tag}.sql`), "utf8");
      const steps = splitSteps(text).map(stepOf);
      return { name: tag, createdAt: when, hash: createHash("sha256").update(text).digest("hex"), steps };
    }),
  );
};

/** The parts between drizzle-kit's breakpoints. */
export const splitSteps = (text: string): string[] =>
  text.split("--> statement-breakpoint").filter((part) => bareStatement(part) !== "");
