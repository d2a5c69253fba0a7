import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EarlierPayload } from "#features/registration/earlier-users";
import type { Tenant } from "#features/tenants/index";
import { findUserById, type User } from "#features/users/index";
import { purposeNamed } from "../../support/factories/links.ts";
import { CLIENT, eventsOf, signIn } from "../../support/factories/stored-users.ts";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import {
  type AccountServices,
  PASSWORD,
  startAccountServices,
  verification,
} from "../../support/servers/account-services.ts";

/** Data of versions before 1.0: users who have not verified their address, with their links. */

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

const CHOSEN = "what the owner has chosen 41";
const registrationPayload = (tenant: Tenant): EarlierPayload => ({
  registration: { passwordHash: "x", username: "mallory", name: "Mallory", locale: "de", tenantId: tenant.id },
});

/** A user as an earlier version created it, and the token of its link. */
const earlier = async (
  tenant: Tenant,
  purpose: string,
  payload: EarlierPayload,
  traits: Partial<User> = {},
): Promise<{ user: User; token: string }> => {
  const status = purpose === "invitation" ? "INVITED" : "PENDING_VERIFICATION";
  const waiting = { status, emailVerified: false, password: PASSWORD, name: "Mallory", ...traits } as const;
  const user = await addUser(services.test, tenant, waiting);
  const link = await services.db.transaction((tx) =>
    services.links.issue(tx, { user: { id: user.id, tenantId: tenant.id }, purpose: purposeNamed(purpose), payload }),
  );
  return { user, token: services.links.tokenOf(link) };
};

const verify = (token: string, password: string | null = CHOSEN) =>
  services.emailVerification.verify(verification(token, { password }), CLIENT);

describe.each([["found through its link"], ["converted by the job"]])("an earlier user, %s", (how) => {
  const prepare = async (): Promise<void> => {
    if (how.startsWith("converted")) await services.earlierUsers.convertAll();
  };

  it("becomes a registration without a challenge: its link requires a password, and nothing else is kept", async () => {
    const tenant = await createTenant(services.test);
    const { user, token } = await earlier(tenant, "verify-email", registrationPayload(tenant));
    await prepare();
    await expect(verify(token, null)).rejects.toMatchObject({ reason: "PASSWORD_REQUIRED" });
    const { user: created } = await verify(token);
    expect(created).toMatchObject({
      email: user.email,
      tenantId: tenant.id,
      name: null,
      username: null,
      roles: ["USER"],
    });
    expect(created.id).not.toBe(user.id);
    expect(await services.verifies(created, PASSWORD)).toBe(false);
    expect(await services.verifies(created, CHOSEN)).toBe(true);
    expect(await findUserById(services.db, user.id)).toBeNull();
    await expect(verify(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });

  it("of a new tenant becomes its admin with the mailed link", async () => {
    const tenant = await createTenant(services.test, "Zebra Ltd");
    await services.db.execute(sql`update tenants set slug = ${`pending:${tenant.id}`} where id = ${tenant.id}`);
    const { token } = await earlier(tenant, "activate", registrationPayload(tenant), { roles: ["USER", "ADMIN"] });
    await prepare();
    const { user } = await verify(token);
    expect(user).toMatchObject({ tenantId: tenant.id, roles: ["USER", "ADMIN"], name: null });
    expect((await services.tenants.get(tenant.id)).slug).not.toMatch(/^pending:/);
  });

  it("who was invited becomes an invitation, which is void if the inviter may no longer invite", async () => {
    const tenant = await createTenant(services.test);
    const admin = await signIn(services.test, await addUser(services.test, tenant, { roles: ["USER", "ADMIN"] }));
    const suspended = await addUser(services.test, tenant, { roles: ["USER", "ADMIN"], status: "SUSPENDED" });
    const payload = (invitedBy: User["id"]): EarlierPayload => ({
      invitation: { name: "Ivy", roles: ["USER", "ADMIN"], locale: "de", invitedBy },
    });
    const good = await earlier(tenant, "invitation", payload(admin.user.id));
    const dead = await earlier(tenant, "invitation", payload(suspended.id));
    await prepare();
    const accept = (token: string) =>
      services.invitationAcceptance.accept({ token, password: CHOSEN, transport: "BODY" }, CLIENT);
    await expect(accept(dead.token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    const { user } = await accept(good.token);
    expect(user).toMatchObject({ email: good.user.email, tenantId: tenant.id, name: "Ivy", roles: ["USER", "ADMIN"] });
    const { rows } = await services.invitationLists.list(admin.viewer, {}, { first: 10 });
    expect(rows.map(({ email, status }) => [email, status])).toEqual(
      expect.arrayContaining([[good.user.email, "ACCEPTED"]]),
    );
  });

  it("whose address an admin approved is admitted by the approval", async () => {
    const tenant = await createTenant(services.test, "Acme", { registration: "APPROVAL" });
    const { user, token } = await earlier(tenant, "verify-email", registrationPayload(tenant));
    await services.db.execute(sql`
      insert into registrations (id, tenant_id, email, email_canonical, locale, status, requested_at, decided_at)
      values (gen_random_uuid(), ${tenant.id}, ${user.email}, ${user.email}, 'en', 'APPROVED',
              ${services.clock.now().toISOString()}, ${services.clock.now().toISOString()})`);
    await prepare();
    expect((await verify(token)).user).toMatchObject({ tenantId: tenant.id, name: null });
  });

  it("who was imported from another system is kept, and verifies the address before the first login", async () => {
    const tenant = await createTenant(services.test);
    const { user, token } = await earlier(tenant, "verify-email", registrationPayload(tenant));
    await services.events.record(services.db, {
      type: "USER_REGISTERED",
      tenantId: tenant.id,
      userId: user.id,
      details: { imported: true },
    });
    await prepare();
    await expect(verify(token, null)).rejects.toMatchObject({ reason: "PASSWORD_REQUIRED" });
    const { user: verified } = await verify(token);
    expect(verified).toMatchObject({ id: user.id, emailVerified: true, status: "ACTIVE", username: "mallory" });
    expect(await services.verifies(verified, PASSWORD)).toBe(false);
    await services.db.execute(sql`update users set username = null, username_canonical = null where id = ${user.id}`);
  });
});

describe("a user of an earlier version who verified the address", () => {
  it("is not changed, and keeps all sessions", async () => {
    const user = await services.newUser();
    const { session } = await services.signIn(user);
    await services.earlierUsers.convertAll();
    expect(await services.userOf(user.email)).toEqual(user);
    const [row] = await services.query(sql`select ended_at as "endedAt" from sessions where id = ${session.id}`);
    expect(row).toEqual({ endedAt: null });
  });
});

describe("a user of an earlier version who did not verify the address", () => {
  it("is not listed and cannot log in, and is published as deleted when it is converted", async () => {
    const tenant = await createTenant(services.test);
    const admin = await signIn(services.test, await addUser(services.test, tenant, { roles: ["USER", "ADMIN"] }));
    const { user } = await earlier(tenant, "verify-email", registrationPayload(tenant));
    const list = async () =>
      (await services.directory.users(admin.viewer, {}, { first: 10 })).rows.map(({ email }) => email);
    expect(await list()).toEqual([admin.user.email]);
    expect(await services.users.findVisible(admin.viewer, user.id)).toBeNull();
    const login = services.login.logIn(
      { identifier: user.email, password: PASSWORD, deviceToken: null, deviceTokenInCookie: false, transport: "BODY" },
      CLIENT,
    );
    await expect(login).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
    await services.earlierUsers.convertAll();
    const events = await eventsOf(services.test, user);
    expect(events.map(({ type, ipAddress }) => [type, ipAddress])).toContainEqual(["ACCOUNT_DELETED", null]);
    expect(await list()).toEqual([admin.user.email]);
  });

  it("does not block the address for a user who registers and verifies it", async () => {
    const tenant = await createTenant(services.test);
    const { user } = await earlier(tenant, "verify-email", registrationPayload(tenant));
    const email = user.email.toUpperCase();
    const { challenge } = await services.registration.register({ email, password: CHOSEN, name: "Owner" }, CLIENT);
    const token = await services.mailedToken(email, "verify-email");
    const { user: created } = await services.emailVerification.verify(verification(token, { challenge }), CLIENT);
    expect(created).toMatchObject({ name: "Owner" });
    expect(await services.verifies(created, CHOSEN)).toBe(true);
    expect(await findUserById(services.db, user.id)).toBeNull();
  });
});
