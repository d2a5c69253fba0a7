import { randomBytes } from "node:crypto";
import { eq, inArray, notInArray, sql } from "drizzle-orm";
import postgres from "postgres";
import { totpSecrets } from "#features/login/second-factors/totp/totp.table";
import { SECRET_BYTES } from "#features/login/second-factors/totp/totp-codes";
import { RefreshTokens, sessions } from "#features/sessions/index";
import { AccessTokens, SigningKeys } from "#features/tokens/index";
import { users } from "#features/users/index";
import { systemClock } from "#platform/clock";
import { type Db, openDatabase } from "#platform/database/database";
import { createIds } from "#platform/ids";
import type { PasswordHasher } from "#platform/password-hashing/index";
import { KeyRing, type RingKey } from "#platform/secrets";
import type { UserId } from "#shared/ids";
import { PROVIDER } from "./provider.ts";

/** A signed-in device of a user. */
export interface SignedInSession {
  readonly accessToken: string;
  /** The newest one: after a refresh, the caller stores the next token here. */
  refreshToken: string;
}

/** A user who logs in with a password and an app. */
export interface TotpOwner {
  readonly identifier: string;
  readonly secret: Buffer;
}

export interface Population {
  /** Sessions of different users. */
  readonly sessions: readonly SignedInSession[];
  /** Other users, who have no other session in the benchmark; all have `PASSWORD`. */
  readonly identifiers: readonly string[];
  /** Other users again, with an authenticator app; none in the database that has only the callers. */
  readonly totpOwners: readonly TotpOwner[];
  /** The key that signs the access tokens, as JWKS. */
  readonly jwks: string;
}

export const PASSWORD = "correct horse battery staple";
export const SESSIONS_PER_USER = 5;
/** Users who call, signed in and with a password. A database with only these users counts as empty. */
export const CALLERS = 1_000;
/** So many that at the highest rate no user logs in twice within 30 seconds, because each code works once. */
const TOTP_OWNERS = 8_000;

/**
 * Fills a migrated database with this many users, each with a device, five sessions and an account at the identity provider, and
 * chooses the callers.
 */
export const populate = async (
  url: string,
  people: number,
  { key, issuer, socialIssuer, hasher }: { key: RingKey; issuer: string; socialIssuer: string; hasher: PasswordHasher },
): Promise<Population> => {
  const database = openDatabase({ url, poolSize: 4 });
  try {
    await insertPeople(url, people, await hasher.hash(PASSWORD), socialIssuer);
    return await pickCallers(database.db, { key, issuer });
  } finally {
    await database.close();
  }
};

/** The token of this user's device, derived from the user's number. */
export const deviceTokenOf = (email: string): string => email.replaceAll(/\D/g, "").padStart(43, "0");

/** This user's subject at the identity provider. */
export const subjectOf = (email: string): string => `subject-${email.replaceAll(/\D/g, "")}`;

/** Inserts in bulk, by SQL. All users have the same password, with a real hash, and more sessions than a tenant allows by default. */
const insertPeople = async (url: string, people: number, hash: string, socialIssuer: string): Promise<void> => {
  const sql = postgres(url, { max: 1 });
  const device = JSON.stringify({ label: "Firefox on Linux", browser: "Firefox", os: "Linux", type: "DESKTOP" });
  await sql`update tenants set max_sessions = null`;
  await sql`
    insert into users (id, tenant_id, email, email_canonical, email_verified, username, username_canonical, name, status, created_at)
    select uuidv7(), tenants.id, 'user' || n || '@example.com', 'user' || n || '@example.com', true, 'user' || n, 'user' || n,
      'User ' || n, 'ACTIVE', now()
    from tenants, generate_series(1, ${people}::int) as n`;
  await sql`insert into passwords (user_id, tenant_id, hash, changed_at) select id, tenant_id, ${hash}, now() from users`;
  await sql`
    insert into social_accounts (id, tenant_id, user_id, provider, issuer, subject, email, linked_at)
    select uuidv7(), tenant_id, id, ${PROVIDER}, ${socialIssuer}, 'subject-' || substr(username, 5), email, now() from users`;
  await sql`
    insert into devices (id, tenant_id, user_id, token_hash, description, first_seen_at, last_used_at, login_count)
    select uuidv7(), tenant_id, id, sha256(lpad(substr(username, 5), 43, '0')::bytea), ${device}::text::jsonb, now(), now(), ${SESSIONS_PER_USER} from users`;
  await sql`
    insert into sessions (id, tenant_id, user_id, device_id, device, ip_address, authenticated_with, authenticated_at, created_at,
      last_activity_at, refresh_nonce, refreshed_at, expires_at, ends_at)
    select uuidv7(), tenant_id, user_id, id, description, '192.0.2.1', '{PASSWORD}', now(), now(),
      now(), sha256(id::text::bytea || n::text::bytea), now(), now() + interval '1 day' * (1 + 6 * random()), now() + interval '30 days'
    from devices, generate_series(1, ${SESSIONS_PER_USER}::int) as n`;
  await sql`vacuum analyze`;
  await sql`checkpoint`;
  await sql.end();
};

const pickCallers = async (db: Db, { key, issuer }: { key: RingKey; issuer: string }): Promise<Population> => {
  const callers = db.select({ id: users.id }).from(users).orderBy(sql`random()`).limit(CALLERS);
  const { id, tenantId, refreshNonce, authenticatedAt } = sessions;
  const { email, username, roles } = users;
  const rows = await db
    .selectDistinctOn([users.id], {
      id,
      userId: users.id,
      tenantId,
      refreshNonce,
      authenticatedAt,
      email,
      username,
      roles,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(inArray(users.id, callers));
  const keyRing = new KeyRing([key]);
  const clock = systemClock;
  const keys = new SigningKeys({ db, clock, keyRing, algorithm: "EdDSA", accessTokenSeconds: ACCESS_TOKEN_SECONDS });
  await keys.start();
  const accessTokens = new AccessTokens({
    keys,
    clock,
    ids: createIds(clock),
    issuer,
    audience: "portcullis",
    accessTokenSeconds: ACCESS_TOKEN_SECONDS,
  });
  const refreshTokens = new RefreshTokens({ keyRing });
  const signedIn = rows.slice(0, CALLERS / 2).map(async (row) => ({
    accessToken: await accessTokens.issue({
      ...row,
      sessionId: row.id,
      isOperator: false,
      roles: ["MEMBER"],
      permissions: [],
      amr: ["pwd"],
      generation: 1,
    }),
    refreshToken: refreshTokens.encode(row, 1),
  }));
  return {
    sessions: await Promise.all(signedIn),
    identifiers: rows.slice(CALLERS / 2).map(({ email }) => email),
    totpOwners: await giveAppsTo(
      db,
      keyRing,
      rows.map(({ userId }) => userId),
    ),
    jwks: JSON.stringify(await keys.jwks()),
  };
};

/** Gives authenticator apps to users who have no other role here. */
const giveAppsTo = async (db: Db, keyRing: KeyRing, callers: readonly UserId[]): Promise<TotpOwner[]> => {
  const { id, tenantId, email } = users;
  const owners = await db
    .select({ id, tenantId, email })
    .from(users)
    .where(notInArray(id, [...callers]))
    .orderBy(sql`random()`)
    .limit(TOTP_OWNERS);
  const apps = owners.map(({ id: userId, tenantId, email }) => {
    const secret = randomBytes(SECRET_BYTES);
    // Encrypted for its user, as TotpService does.
    const sealed = keyRing.encrypt(secret, `totp:${userId}`);
    return { row: { userId, tenantId, secret: sealed, enabledAt: new Date() }, owner: { identifier: email, secret } };
  });
  for (let from = 0; from < apps.length; from += ROWS_AT_ONCE)
    await db.insert(totpSecrets).values(apps.slice(from, from + ROWS_AT_ONCE).map(({ row }) => row));
  return apps.map(({ owner }) => owner);
};

const ROWS_AT_ONCE = 1_000;

/** The longest duration of a run. */
export const ACCESS_TOKEN_SECONDS = 3_600;

export const newRingKey = (): RingKey => ({ id: "bench", secret: randomBytes(32) });

/** Creates an empty database next to the one of the URL. @returns its URL */
export const createDatabase = async (server: string, name: string): Promise<string> => {
  const sql = postgres(server, { max: 1 });
  try {
    await sql`create database ${sql(name)}`;
  } finally {
    await sql.end();
  }
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
};
