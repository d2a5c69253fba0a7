import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { AccountService, EmailChangeService } from "../../src/features/account/index.ts";
import { SecurityLog } from "../../src/features/audit/index.ts";
import { DevicesService } from "../../src/features/devices/index.ts";
import { LinksService } from "../../src/features/links/index.ts";
import { PASSWORD_RESET_REQUEST, PasswordResetService, PasswordsService } from "../../src/features/passwords/index.ts";
import { RESEND_VERIFICATION, RegistrationService } from "../../src/features/registration/index.ts";
import {
  ActivityRecorder,
  noSessionCache,
  RefreshTokens,
  type Session,
  SessionsService,
} from "../../src/features/sessions/index.ts";
import { TenantsService } from "../../src/features/tenants/index.ts";
import { AccessTokens, SigningKeys } from "../../src/features/tokens/index.ts";
import { canonicalEmail, findUserByEmail, type User } from "../../src/features/users/index.ts";
import { openDatabase } from "../../src/platform/database/database.ts";
import { createIds } from "../../src/platform/ids.ts";
import { jobQueue, type Task } from "../../src/platform/jobs/jobs.ts";
import { Limits } from "../../src/platform/limits/limits.ts";
import { createLogger } from "../../src/platform/logging.ts";
import { type LinkReference, type MailName, MailQueue } from "../../src/platform/mail/index.ts";
import { createPasswordHashing } from "../../src/platform/password-hashing/index.ts";
import { KeyRing } from "../../src/platform/secrets.ts";
import type { Client } from "../../src/shared/client.ts";
import type { Viewer } from "../../src/shared/viewer.ts";
import { createTestDatabase } from "./database.ts";

export const PASSWORD = "correct horse battery staple";

export const CLIENT: Client = {
  ipAddress: "203.0.113.7",
  device: { label: "Firefox on Windows", browser: "Firefox", os: "Windows", type: "DESKTOP" },
  location: null,
};

/** A mail as it waits in the queue. */
export interface WaitingMail {
  readonly template: MailName;
  readonly to: string;
  readonly locale: string;
  readonly data: Record<string, unknown>;
  readonly link?: LinkReference;
}

export type AccountServices = Awaited<ReturnType<typeof startAccountServices>>;

/** The use cases around an account on a database of their own, without HTTP and without a worker: jobs run when told to. */
export async function startAccountServices({ revealTakenEmail = false } = {}) {
  const testDatabase = await createTestDatabase();
  const database = openDatabase({ url: testDatabase.url, poolSize: 20 });
  const { db } = database;
  let offset = 0;
  const clock = { now: () => new Date(Date.now() + offset) };
  const ids = createIds(clock);
  const keyRing = new KeyRing([{ id: "test", secret: randomBytes(32) }]);
  const logger = createLogger({ level: "silent" });
  const { hasher } = await createPasswordHashing({
    log: logger,
    parameters: { memoryKiB: 1_024, passes: 1, parallelism: 1 },
    maxQueued: 1_000,
  });
  const log = new SecurityLog({ ids });
  const mails = new MailQueue({ jobs: jobQueue });
  const tenants = new TenantsService({ db });
  const accessTokenSeconds = 900;
  const keys = new SigningKeys({ db, clock, keyRing, algorithm: "EdDSA", accessTokenSeconds });
  const issuer = { issuer: "http://localhost", audience: "test" };
  const accessTokens = new AccessTokens({ keys, clock, ids, accessTokenSeconds, ...issuer });
  const devices = new DevicesService({ db, clock, ids });
  const activity = new ActivityRecorder({ db, log: logger });
  const sessions = new SessionsService({
    db,
    clock,
    ids,
    cache: noSessionCache,
    accessTokens,
    refreshTokens: new RefreshTokens({ keyRing }),
    activity,
    log,
    mails,
    lifetimes: { refreshTokenDays: 7, maxDays: 30, graceSeconds: 10 },
  });
  const pages = {
    verifyEmail: "https://id.example.com/verify-email",
    resetPassword: "https://id.example.com/reset-password",
    undoEmailChange: "https://id.example.com/undo-email-change",
  };
  const links = new LinksService({ db, clock, ids, keys: keyRing, pages });
  const limits = new Limits({ clock });
  const passwords = new PasswordsService({ db, clock, hasher, limits, mails, log, sessions, tenants, links });
  const jobs = jobQueue;
  const resets = new PasswordResetService({ db, clock, jobs, mails, log, sessions, tenants, links, passwords });
  const registration = new RegistrationService({
    db,
    clock,
    ids,
    jobs,
    mails,
    log,
    sessions,
    tenants,
    links,
    passwords,
    revealTakenEmail,
  });
  const account = new AccountService({ db, clock, mails, log, sessions, passwords });
  const emailChanges = new EmailChangeService({
    db,
    clock,
    mails,
    log,
    sessions,
    links,
    registration,
    revealTakenEmail,
  });

  const query = async <Row extends Record<string, unknown>>(statement: ReturnType<typeof sql>): Promise<Row[]> =>
    (await db.execute(statement)) as unknown as Row[];

  /** The waiting mails to an address, oldest first. */
  const mailsTo = async (to: string): Promise<WaitingMail[]> => {
    const rows = await query<{ payload: WaitingMail }>(sql`
      select job.payload from graphile_worker._private_jobs job
      join graphile_worker._private_tasks task on task.id = job.task_id
      where task.identifier = 'deliver-mail' and job.payload->>'to' = ${to} order by job.id`);
    return rows.map(({ payload }) => payload);
  };

  /** The token that a mail will carry when it is delivered; null where its link is dead by then. */
  const tokenIn = async (mail: WaitingMail): Promise<string | null> => {
    const resolved = await links.resolve(mail.link?.id ?? "");
    return resolved && new URL(resolved.url).searchParams.get("token");
  };

  /** The token of the newest mail of a kind. */
  const mailedToken = async (to: string, template: MailName): Promise<string> => {
    const mail = (await mailsTo(to)).findLast((waiting) => waiting.template === template);
    const token = mail && (await tokenIn(mail));
    if (!token) throw new Error(`No living link in a mail ${template} to ${to}.`);
    return token;
  };

  const tasks: Record<string, Task> = {
    [PASSWORD_RESET_REQUEST]: resets.issue,
    [RESEND_VERIFICATION]: registration.resendVerification,
  };

  /** Runs the waiting jobs other than mail, as the worker would. */
  const runJobs = async (): Promise<void> => {
    const rows = await query<{ id: string; identifier: string; payload: unknown }>(sql`
      select job.id, task.identifier, job.payload from graphile_worker._private_jobs job
      join graphile_worker._private_tasks task on task.id = job.task_id
      where task.identifier <> 'deliver-mail' order by job.id`);
    for (const { id, identifier, payload } of rows) {
      await tasks[identifier]?.(payload, { attempt: 1, maxAttempts: 25 });
      await db.execute(sql`delete from graphile_worker._private_jobs where id = ${id}`);
    }
  };

  const userOf = async (email: string): Promise<User> => {
    const user = await findUserByEmail(db, canonicalEmail(email));
    if (user === null) throw new Error(`Nobody has ${email}.`);
    return user;
  };

  /** Signs the user in, as a login would: a session and its viewer. */
  const signIn = async (user: User): Promise<{ viewer: Viewer; session: Session }> => {
    const device = devices.recognised(null, null);
    const session = await db.transaction(async (tx) => {
      await devices.remember(tx, user, device, CLIENT);
      return sessions.open(tx, user, { client: CLIENT, device, methods: ["PASSWORD"] });
    });
    const { id: sessionId, authenticatedAt } = session;
    return {
      viewer: { userId: user.id, tenantId: user.tenantId, sessionId, roles: user.roles, authenticatedAt },
      session,
    };
  };

  let count = 0;
  const newAddress = (name = "alice"): string => `${name}.${++count}@example.com`;

  return {
    db,
    clock,
    links,
    sessions,
    passwords,
    resets,
    registration,
    account,
    emailChanges,
    tenants,
    query,
    mailsTo,
    tokenIn,
    mailedToken,
    runJobs,
    userOf,
    signIn,
    newAddress,
    advance(milliseconds: number): void {
      offset += milliseconds;
    },
    /** A user who registered and followed the link. */
    async newUser({ name = "alice", username = null as string | null, password = PASSWORD } = {}) {
      const email = newAddress(name);
      await registration.register({ email, username, password }, CLIENT);
      await emailChanges.verifyEmail(await mailedToken(email, "verify-email"), CLIENT);
      return userOf(email);
    },
    /** The types of the user's events, oldest first. */
    async eventsOf(userId: string): Promise<string[]> {
      const rows = await query<{ type: string }>(
        sql`select type from security_events where user_id = ${userId}::uuid order by id`,
      );
      return rows.map(({ type }) => type);
    },
    async verifies(user: Pick<User, "id">, password: string): Promise<boolean> {
      const [row] = await query<{ hash: string }>(sql`select hash from passwords where user_id = ${user.id}`);
      return row !== undefined && hasher.verify(row.hash, password);
    },
    async close(): Promise<void> {
      await activity.stop();
      await database.close();
      await testDatabase.drop();
    },
  };
}
