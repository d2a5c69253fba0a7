import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const REFRESH =
  "mutation ($token: String!) { refreshToken(input: { refreshToken: $token }) { tokens { refreshToken accessToken } } }";

let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  replica = await startTestApp({ replicaOf: app });
});
afterAll(async () => {
  await replica?.stop();
  await app?.stop();
});

interface SessionState extends Record<string, unknown> {
  readonly generation: number;
  readonly expiresAt: string;
  readonly endsAt: string;
}

const stateOf = async ({ sessionId }: SignedInUser): Promise<SessionState> => {
  const [row] = (await app.app.db.execute(sql`
    select refresh_generation as generation, expires_at as "expiresAt", ends_at as "endsAt" from sessions
    where id = ${sessionId}`)) as unknown as SessionState[];
  if (!row) throw new Error("The session is missing.");
  return row;
};

const member = async (): Promise<SignedInUser> => createMember(app, await createTenant(app));

const CONDITIONS: readonly [string, (user: SignedInUser) => SQL, object][] = [
  [
    "has expired",
    ({ sessionId }) => sql`update sessions set expires_at = now() - interval '1 day' where id = ${sessionId}`,
    { code: "INVALID_REFRESH_TOKEN" },
  ],
  [
    "has ended",
    ({ sessionId }) => sql`update sessions set ended_at = now(), end_reason = 'REVOKED' where id = ${sessionId}`,
    { code: "INVALID_REFRESH_TOKEN" },
  ],
  [
    "belongs to a suspended user",
    ({ id }) => sql`update users set status = 'SUSPENDED' where id = ${id}`,
    { code: "INVALID_REFRESH_TOKEN" },
  ],
  [
    "belongs to a suspended member",
    ({ id }) => sql`update memberships set status = 'SUSPENDED' where user_id = ${id}`,
    { code: "INVALID_REFRESH_TOKEN" },
  ],
  [
    "belongs to a user of a suspended tenant",
    ({ id }) =>
      sql`update tenants set status = 'SUSPENDED' from users where users.tenant_id = tenants.id and users.id = ${id}`,
    { code: "INVALID_REFRESH_TOKEN" },
  ],
  [
    "belongs to a user whose entry is blocked",
    ({ id }) => sql`update memberships set entry_blocked_until = now() + interval '1 day' where user_id = ${id}`,
    { code: "FORBIDDEN", reason: "FACTORS_RESET_RECENTLY" },
  ],
  [
    "does not meet the policy of the home to which it has moved",
    ({ id, sessionId }) => sql`
      with moved as (update sessions set home_moved = true where id = ${sessionId})
      update tenants set second_factor = 'REQUIRED', require_second_factor = true
      from users where users.tenant_id = tenants.id and users.id = ${id}`,
    { code: "FORBIDDEN", reason: "TENANT_REQUIRES_SECOND_FACTOR" },
  ],
];

// A process that has issued a token of the session rotates it in one statement; any other one reads the session first.
describe.each([
  ["where its tokens were issued", () => app],
  ["on another replica", () => replica],
])("a refresh %s", (_where, server) => {
  it.each(CONDITIONS)("is refused, and rotates nothing, if the session %s", async (_what, change, refusal) => {
    const user = await member();
    const before = await stateOf(user);
    await app.app.db.execute(change(user));
    expect(await server().client().refused(REFRESH, { token: user.client.refreshToken })).toMatchObject(refusal);
    expect((await stateOf(user)).generation).toBe(before.generation);
  });

  it("rotates the session, and never extends it beyond its longest lifetime", async () => {
    const user = await member();
    const first = await stateOf(user);
    await app.app.db.execute(
      sql`update sessions set ends_at = ${first.expiresAt}::timestamptz - interval '1 hour' where id = ${user.sessionId}`,
    );
    const { refreshToken } = await server().client().ask(REFRESH, { token: user.client.refreshToken });
    expect(refreshToken.tokens.refreshToken).not.toBe(user.client.refreshToken);
    const after = await stateOf(user);
    expect(after).toMatchObject({ generation: first.generation + 1, expiresAt: after.endsAt });
  });
});
