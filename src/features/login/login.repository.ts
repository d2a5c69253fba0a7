import { and, eq, sql } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import { statement } from "../../platform/database/statement.ts";
import type { UserId } from "../../shared/ids.ts";
import { devices } from "../devices/index.ts";
import { passwords } from "../passwords/index.ts";
import { sessionsFull } from "../sessions/index.ts";
import { tenants } from "../tenants/index.ts";
import { type User, users } from "../users/index.ts";
import { mfaColumns } from "./factors/mfa.repository.ts";

const { placeholder } = sql;

const selectCandidate = (column: typeof users.emailCanonical | typeof users.usernameCanonical, name: string) =>
  statement((db) =>
    db
      .select({
        user: users,
        hash: passwords.hash,
        tenantStatus: tenants.status,
        policy: {
          requireSecondFactor: tenants.requireSecondFactor,
          confirmLoginAtRisk: tenants.confirmLoginAtRisk,
          secondFactorAtRisk: tenants.secondFactorAtRisk,
        },
        deviceId: devices.id,
        mfa: mfaColumns,
        sessionsFull,
      })
      .from(users)
      .innerJoin(tenants, eq(tenants.id, users.tenantId))
      .leftJoin(passwords, eq(passwords.userId, users.id))
      .leftJoin(devices, and(eq(devices.userId, users.id), eq(devices.tokenHash, placeholder("deviceTokenHash"))))
      .where(eq(column, placeholder("identifier")))
      .prepare(name),
  );

const byEmail = selectCandidate(users.emailCanonical, "find_login_candidate_by_email");
const byUsername = selectCandidate(users.usernameCanonical, "find_login_candidate_by_username");

/** Whom a login names, and all that its decision needs: one read. */
export type Candidate = Awaited<ReturnType<typeof byEmail>>[number];

/** Whom this identifier names (an address where it has an @, else a username), or null. */
export const findCandidate = async (db: Db, identifier: string, deviceTokenHash: Buffer): Promise<Candidate | null> => {
  const find = identifier.includes("@") ? byEmail : byUsername;
  const [row] = await find(db, { identifier, deviceTokenHash });
  return row ?? null;
};

const login = statement((db) =>
  db
    .update(users)
    .set({ lastLoginAt: sql`${placeholder("now")}` })
    .where(and(eq(users.id, placeholder("id")), eq(users.status, "ACTIVE"), eq(users.passwordResetRequired, false)))
    .returning()
    .prepare("update_last_login"),
);

/** Notes the login and locks the user's row, if the user may still log in: a suspension meanwhile wins. */
export const updateUserLastLogin = async (db: Db, id: UserId, now: Date): Promise<User | null> => {
  const [row] = await login(db, { id, now: now.toISOString() });
  return row ?? null;
};

const selectStanding = statement((db) =>
  db
    .select({ hash: passwords.hash, mfa: mfaColumns })
    .from(users)
    .leftJoin(passwords, eq(passwords.userId, users.id))
    .where(eq(users.id, placeholder("userId")))
    .prepare("find_login_standing"),
);

/** What a password login rests on. */
export type Standing = Pick<Candidate, "hash" | "mfa">;

/** As it is now: read behind the lock on the user's row, it tells what was changed while the password was weighed. */
export const findStanding = async (db: Db, userId: UserId): Promise<Standing | null> => {
  const [row] = await selectStanding(db, { userId });
  return row ?? null;
};
