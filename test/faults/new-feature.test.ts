import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { newPassword, signUp } from "../support/factories/users.ts";
import { createInstallation, type Installation, type ServerProcess } from "../support/servers/installation.ts";

const run = promisify(execFile);

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** The files of the program. */
const PARTS = ["src", "drizzle", "scripts", "package.json", "tsconfig.json", "drizzle.config.ts"];

/** Notes of each user: a table, a service, a resolver, a setting, a mail and a job. */
const FEATURE: Readonly<Record<string, string>> = {
  "notes.table.ts": `
    import { pgTable, text, uuid } from "drizzle-orm/pg-core";
    import { users } from "#features/users/users.table";
    export const notes = pgTable("notes", {
      id: uuid("id").primaryKey(),
      tenantId: uuid("tenant_id").notNull(),
      userId: uuid("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
      text: text("text").notNull(),
    });`,
  "notes.service.ts": `
    import { and, eq } from "drizzle-orm";
    import { findUserById } from "#features/users/index";
    import type { Platform } from "#platform/feature";
    import { toLocale } from "#shared/locales";
    import type { Viewer } from "#shared/viewer";
    import { NOTE_KEPT } from "./mails/note-kept.ts";
    import { notes } from "./notes.table.ts";

    export const KEEP_NOTE = "keep-note";

    export class NotesService {
      constructor(private readonly deps: Pick<Platform, "db" | "ids" | "jobs" | "mails"> & { greeting: string }) {}

      list({ tenantId, userId }: Viewer) {
        return this.deps.db.select().from(notes).where(and(eq(notes.tenantId, tenantId), eq(notes.userId, userId)));
      }

      async keepLater({ tenantId, userId }: Viewer, text: string): Promise<void> {
        await this.deps.jobs.add(this.deps.db, KEEP_NOTE, { id: this.deps.ids.next(), tenantId, userId, text });
      }

      readonly keep = async (payload: unknown): Promise<void> => {
        const note = payload as typeof notes.$inferInsert;
        const { db, greeting, mails } = this.deps;
        await db.transaction(async (tx) => {
          await tx.insert(notes).values(note);
          const user = await findUserById(tx, note.userId as never);
          if (user) await mails.enqueue(tx, NOTE_KEPT, { to: user.email, locale: toLocale(user.locale), data: { text: greeting + note.text } });
        });
      };
    }`,
  "mails/note-kept.ts": `
    import { z } from "zod";
    import { text } from "#platform/mail/fields";
    import { defineMail } from "#platform/mail/mail";
    export const NOTE_KEPT = defineMail({
      name: "note-kept",
      secret: null,
      budget: "ANONYMOUS",
      data: z.object({ text }),
      en: ({ text }) => ({ subject: "Your note is kept", body: [text] }),
      de: ({ text }) => ({ subject: "Ihre Notiz ist da", body: [text] }),
      ar: ({ text }) => ({ subject: "ملاحظتك محفوظة", body: [text] }),
    });`,
  "notes.resolver.ts": `
    import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
    import { AtMost } from "#platform/schema/bounds";
    import type { SignedIn } from "#platform/schema/context";
    import { Fails } from "#platform/schema/errors";
    import type { NotesService } from "./notes.service.ts";
    @Resolver()
    export class NotesResolver {
      constructor(private readonly deps: { notes: NotesService }) {}
      @Query(() => [String], { description: "The caller's notes." })
      async notes(@Ctx() { viewer }: SignedIn): Promise<string[]> {
        return (await this.deps.notes.list(viewer)).map(({ text }) => text);
      }
      @Fails()
      @Mutation(() => Boolean, { description: "Keeps a note, soon." })
      async keepNote(@Arg("text", () => String, { description: "The note." }) text: string, @Ctx() { viewer }: SignedIn): Promise<boolean> {
        await this.deps.notes.keepLater(viewer, text);
        return true;
      }
    }`,
  "feature.ts": `
    import { z } from "zod";
    import { defineFeature, defineSettings } from "#platform/feature";
    import { NOTE_KEPT } from "./mails/note-kept.ts";
    import { NotesResolver } from "./notes.resolver.ts";
    import { KEEP_NOTE, NotesService } from "./notes.service.ts";
    export const notesFeature = defineFeature({
      name: "notes",
      config: defineSettings({
        variables: { NOTES_GREETING: z.string().default("") },
        read: (env) => ({ settings: { notesGreeting: env.NOTES_GREETING } }),
      }),
      services: (deps) => ({ notes: new NotesService({ ...deps, greeting: deps.config.notesGreeting }) }),
      resolvers: (deps) => [new NotesResolver(deps)],
      mails: [NOTE_KEPT],
      jobs: ({ notes }) => ({ tasks: { [KEEP_NOTE]: notes.keep } }),
    });`,
  "index.ts": 'export { notesFeature } from "./feature.ts";',
};

/** Adds the one line to the list, and its import. */
const addToList = async (list: string): Promise<void> => {
  const text = await readFile(list, "utf8");
  const added = text.replace("] as const;", "  notesFeature,\n] as const;");
  expect(added).not.toBe(text);
  await writeFile(list, `import { notesFeature } from "./notes/index.ts";\n${added}`);
};

let project: string;
let installation: Installation;
let server: ServerProcess;
beforeAll(async () => {
  project = await mkdtemp(join(inject("runDirectory"), "new-feature-"));
  for (const part of PARTS) await cp(join(PROJECT, part), join(project, part), { recursive: true });
  await symlink(join(PROJECT, "node_modules"), join(project, "node_modules"), "dir");
  for (const [name, text] of Object.entries(FEATURE)) {
    const file = join(project, "src/features/notes", name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await addToList(join(project, "src/features/index.ts"));
  await run("npm", ["run", "migration", "--", "--name", "notes"], { cwd: project });
  installation = await createInstallation({ NOTES_GREETING: "kept: " });
  server = await installation.start({}, project);
});
afterAll(() => installation?.stop());

it("a feature is a folder and a line in the list: the program serves it, with its table, setting, job and mail", async () => {
  const alice = await signUp({ client: server.client, mail: installation.mail });
  const text = newPassword();
  await alice.client.ask("mutation ($text: String!) { keepNote(text: $text) }", { text });
  await expect.poll(async () => (await alice.client.ask("{ notes }")).notes).toEqual([text]);
  const mail = await installation.mail.waitForMail({ to: alice.email, subject: "Your note is kept" });
  expect(mail.text).toContain(`kept: ${text}`);
  const bob = await signUp({ client: server.client, mail: installation.mail });
  expect((await bob.client.ask("{ notes }")).notes).toEqual([]);
  expect(await server.client().refused("{ notes }")).toMatchObject({ code: "UNAUTHENTICATED" });
});
