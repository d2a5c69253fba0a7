import { and, eq, sql } from "drizzle-orm";
import { devices } from "#features/devices/index";
import { homeStatus, inUsableHome } from "#features/memberships/index";
import { passwords } from "#features/passwords/index";
import { type WaitingRegistration, waitingRegistration } from "#features/registration/index";
import { sessionsFull } from "#features/sessions/index";
import { tenants } from "#features/tenants/index";
import { type User, users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import type { Factor } from "#shared/factors";
import type { UserId } from "#shared/ids";
import { mfaColumns } from "../mfa/mfa.repository.ts";
import type { VerifiedAgainst } from "./next-step.ts";

const { placeholder } = sql;

/** The columns that a login decision needs, of a select from users joined with their tenants, passwords and devices. */
export const candidateColumns = {
  user: users,
  hash: passwords.hash,
  /** The session that set the password. */
  passwordCreatedBy: passwords.createdBySession,
  homeStatus,
  policy: {
    secondFactor: tenants.secondFactor,
    requireSecondFactor: tenants.requireSecondFactor,
    confirmLoginAtRisk: tenants.confirmLoginAtRisk,
    secondFactorAtRisk: tenants.secondFactorAtRisk,
  },
  deviceId: devices.id,
  // Not the column itself: if it is null, Drizzle would treat the user as missing.
  mfa: { ...mfaColumns, chosenFactor: sql<Factor | null>`${users.preferredFactor}` },
  sessionsFull,
};

const selectLoginCandidate = (column: typeof users.emailCanonical | typeof users.usernameCanonical, name: string) =>
  prepared((db) => {
    // Joined from a row that always exists, so that one row is returned whether or not a user has this identifier.
    const named = db
      .select({ identifier: sql<string>`${placeholder("identifier")}::text`.as("identifier") })
      .from(sql`(select 1) as one`)
      .as("named");
    return db
      .select({ ...candidateColumns, waiting: waitingRegistration(named.identifier) })
      .from(named)
      .leftJoin(users, eq(column, named.identifier))
      .leftJoin(tenants, eq(tenants.id, users.tenantId))
      .leftJoin(passwords, eq(passwords.userId, users.id))
      .leftJoin(devices, and(eq(devices.userId, users.id), eq(devices.tokenHash, placeholder("deviceTokenHash"))))
      .prepare(name);
  });

const byEmail = selectLoginCandidate(users.emailCanonical, "find_login_candidate_by_email");
const byUsername = selectLoginCandidate(users.usernameCanonical, "find_login_candidate_by_username");

type Row = Awaited<ReturnType<typeof byEmail>>[number];

/** The user identified by a login, and everything that the decision needs. */
export type LoginCandidate = Omit<Row, "user" | "homeStatus" | "policy" | "waiting"> & {
  readonly user: User;
  readonly homeStatus: NonNullable<Row["homeStatus"]>;
  readonly policy: NonNullable<Row["policy"]>;
};

/** The initial state of a login with a first factor of this user. */
export const loginOfCandidate = ({ user, homeStatus, sessionsFull, hash, mfa, policy }: LoginCandidate) => ({
  user,
  homeStatus,
  sessionsFull,
  stage: { kind: "FIRST_FACTOR", rests: { hash, mfa }, policy } as const,
});

/** What an identifier refers to. */
export interface LoginLookup {
  readonly candidate: LoginCandidate | null;
  /** The most recent pending registration with this address. */
  readonly waiting: WaitingRegistration | null;
}

/** Looks up an identifier (an address if it contains an @, else a username) in one query, whether or not a user has it. */
export const findLoginCandidate = async (db: Db, identifier: string, deviceTokenHash: Buffer): Promise<LoginLookup> => {
  const find = identifier.includes("@") ? byEmail : byUsername;
  const [row] = await find(db, { identifier, deviceTokenHash });
  if (row === undefined) return { candidate: null, waiting: null };
  const { user, homeStatus, policy, waiting, ...rest } = row;
  const candidate = user && homeStatus && policy && { ...rest, user, homeStatus, policy };
  return { candidate, waiting };
};

const login = prepared((db) =>
  db
    .update(users)
    .set({ lastLoginAt: sql`${placeholder("now")}` })
    .where(
      and(
        eq(users.id, placeholder("id")),
        eq(users.status, "ACTIVE"),
        eq(users.emailVerified, true),
        eq(users.passwordResetRequired, false),
        inUsableHome,
      ),
    )
    .returning()
    .prepare("update_last_login"),
);

/**
 * Records the login and locks the user's row if the user may still log in. A concurrent suspension of the user, the tenant or
 * the membership takes precedence.
 */
export const updateUserLastLogin = async (db: Db, id: UserId, now: Date): Promise<User | null> => {
  const [row] = await login(db, { id, now: now.toISOString() });
  return row ?? null;
};

const selectCredentialSnapshot = prepared((db) =>
  db
    .select({ hash: passwords.hash, mfa: mfaColumns })
    .from(users)
    .leftJoin(passwords, eq(passwords.userId, users.id))
    .where(eq(users.id, placeholder("userId")))
    .prepare("find_login_standing"),
);

/** The current credentials. Read once the user's row is locked, they show changes made while the password was verified. */
export const findCredentialSnapshot = async (db: Db, userId: UserId): Promise<VerifiedAgainst | null> => {
  const [row] = await selectCredentialSnapshot(db, { userId });
  return row ?? null;
};
