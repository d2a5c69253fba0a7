import { eq, sql } from "drizzle-orm";
import type { Verification } from "#features/account/index";
import { devices } from "#features/devices/index";
import { findPassword } from "#features/passwords/index";
import { sessions } from "#features/sessions/index";
import { canonicalEmail, findUserByEmail, type User, users } from "#features/users/index";
import { DELIVER_MAIL, type LinkReference } from "#platform/mail/index";
import { CLIENT, eventsOf, signIn } from "../factories/stored-users.ts";
import { newEmail } from "../factories/users.ts";
import { buildTestApp } from "./app.ts";
import type { Settings } from "./settings.ts";
import { linkTokenOf } from "./smtp.ts";

export const PASSWORD = "correct horse battery staple";

/** Uses a link, in the client that registered (with its challenge) or another one (with a password). */
export const verification = (
  token: string,
  given: Partial<Pick<Verification, "challenge" | "password" | "name" | "username">> = {},
): Verification => ({
  token,
  challenge: null,
  password: null,
  name: null,
  username: null,
  transport: "BODY",
  deviceToken: null,
  deviceTokenInCookie: false,
  ...given,
});

/** A mail in the queue. */
export interface WaitingMail {
  readonly template: string;
  readonly to: string;
  readonly locale: string;
  readonly data: Record<string, unknown>;
  readonly link?: LinkReference;
}

export type AccountServices = Awaited<ReturnType<typeof startAccountServices>>;

/** The account services on a separate database, without HTTP and without a worker: jobs run only on request. */
export async function startAccountServices(settings: Settings = {}) {
  // Fifty concurrent calls are meant to contend at the locks, not before them.
  const test = await buildTestApp({ settings: { DATABASE_POOL_SIZE: "20", HASHING_QUEUE: "1000", ...settings } });
  const { app, clock, close } = test;
  const { addressLinks, db, links, hasher, registration, emailVerification, tasks } = app;

  const query = async <Row extends Record<string, unknown>>(statement: ReturnType<typeof sql>): Promise<Row[]> =>
    (await db.execute(statement)) as unknown as Row[];

  /** The queued mails to an address, oldest first. */
  const mailsTo = async (to: string): Promise<WaitingMail[]> => {
    const rows = await query<{ payload: WaitingMail }>(sql`
      select job.payload from graphile_worker._private_jobs job
      join graphile_worker._private_tasks task on task.id = job.task_id
      where task.identifier = ${DELIVER_MAIL} and job.payload->>'to' = ${to} order by job.id`);
    return rows.map(({ payload }) => payload);
  };

  /** The token that a mail will contain when it is delivered; null if its link is void then. */
  const tokenIn = async (mail: WaitingMail): Promise<string | null> => {
    const id = mail.link?.id ?? "";
    const resolved = (await links.resolve(id)) ?? (await addressLinks.resolve(id));
    return resolved && linkTokenOf(resolved.url);
  };

  /** The token of the newest mail of a kind. */
  const mailedToken = async (to: string, template: string): Promise<string> => {
    const mail = (await mailsTo(to)).findLast((waiting) => waiting.template === template);
    const token = mail && (await tokenIn(mail));
    if (!token) throw new Error(`No valid link in a mail ${template} to ${to}.`);
    return token;
  };

  const userOf = async (email: string): Promise<User> => {
    const user = await findUserByEmail(db, canonicalEmail(email));
    if (user === null) throw new Error(`No user has ${email}.`);
    return user;
  };

  return {
    ...app,
    test,
    clock,
    close,
    query,
    mailsTo,
    tokenIn,
    mailedToken,
    userOf,
    signIn: (user: User) => signIn(test, user),
    /** Runs the waiting jobs except mail, as the worker would. */
    async runJobs(): Promise<void> {
      const rows = await query<{ id: string; identifier: string; payload: unknown }>(sql`
        select job.id, task.identifier, job.payload from graphile_worker._private_jobs job
        join graphile_worker._private_tasks task on task.id = job.task_id
        where task.identifier <> ${DELIVER_MAIL} order by job.id`);
      for (const { id, identifier, payload } of rows) {
        await tasks[identifier]?.(payload, { attempt: 1, maxAttempts: 25 });
        await db.execute(sql`delete from graphile_worker._private_jobs where id = ${id}`);
      }
    },
    /** A user who registered and followed the link, and kept neither the session nor the device of that login. */
    async newUser({ username = null as string | null } = {}): Promise<User> {
      const email = newEmail();
      const { challenge } = await registration.register({ email, username, password: PASSWORD }, CLIENT);
      const request = verification(await mailedToken(email, "verify-email"), { challenge });
      const { user } = await emailVerification.verify(request, CLIENT);
      await db.delete(sessions).where(eq(sessions.userId, user.id));
      await db.delete(devices).where(eq(devices.userId, user.id));
      await db.update(users).set({ lastLoginAt: null }).where(eq(users.id, user.id));
      return userOf(email);
    },
    /** The types of the user's events, oldest first. */
    async eventsOf(id: User["id"]): Promise<string[]> {
      return (await eventsOf(test, { id })).map(({ type }) => type);
    },
    async verifies({ id }: Pick<User, "id">, password: string): Promise<boolean> {
      const row = await findPassword(db, id);
      return row !== null && hasher.verify(row.hash, password);
    },
  };
}
