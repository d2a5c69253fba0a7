import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE } from "#shared/durations";
import type { UserId } from "#shared/ids";
import {
  type AuthenticatorApp,
  beginLogin,
  CHALLENGE_EXPIRED,
  enableTotp,
  finishLogin,
  VERIFY_TOTP,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { ANONYMOUS, CLIENT, eventsOf } from "../../support/factories/stored-users.ts";
import { createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { logIn, newPassword, resetPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const TRUSTED =
  "{ me { devices { id device { label trusted } trustedAt lastUsedAt loginCount lastLocation { label city countryCode } } } }";
const REMOVE = "mutation ($id: ID!) { removeDevice(input: { knownDeviceId: $id }) { deletedKnownDeviceId } }";
const NODE = "query ($id: ID!) { node(id: $id) { __typename id } }";
const FIREFOX = { "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0" };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const trustedDevicesOf = async ({ client }: Pick<SignedInUser, "client">): Promise<UntypedData[]> =>
  ((await client.ask(TRUSTED)).me.devices ?? []).filter(({ trustedAt }: UntypedData) => trustedAt !== null);

interface Owner extends SignedInUser {
  readonly authenticator: AuthenticatorApp;
}

/** A user with a second factor, which is what makes a device trusted. */
const owner = async (): Promise<Owner> => {
  const actor = await createMember(app, await createTenant(app));
  const { authenticator } = await enableTotp(app, actor);
  return { ...actor, authenticator };
};

/** Logs in with both factors, on a device with this token or on a new one. */
const logInFully = async (
  { email, password, authenticator }: Owner,
  {
    client = app.client(FIREFOX),
    deviceToken,
    trustDevice = false,
  }: {
    client?: GraphQLClient;
    deviceToken?: string | null;
    trustDevice?: boolean;
  } = {},
): Promise<{ client: GraphQLClient; login: UntypedData }> => {
  waitForNewCode(app);
  const { challenge } = await beginLogin(client, { email, password }, { deviceToken });
  const code = authenticator.code(app.clock.now());
  return { client, login: await finishLogin(client, VERIFY_TOTP, { challenge, code, trustDevice }) };
};

const newDeviceOfLastLogin = async ({ id }: SignedInUser): Promise<unknown> =>
  (await eventsOf(app, { id: id as UserId })).filter(({ type }) => type === "LOGIN_SUCCEEDED").at(-1)?.details;

describe("trusted devices", () => {
  it("are those that the user confirmed, most recently used first, with their details", async () => {
    const bob = await owner();
    expect(await trustedDevicesOf(bob)).toEqual([]);
    const first = await logInFully(bob, { trustDevice: true });
    await logInFully(bob);
    const second = await logInFully(bob, { client: app.client(), trustDevice: true });
    const devices = await trustedDevicesOf(bob);
    expect(devices).toHaveLength(2);
    expect(devices[1]).toEqual({
      id: expect.any(String),
      device: { label: "Firefox on Windows", trusted: true },
      trustedAt: expect.any(String),
      lastUsedAt: devices[1].trustedAt,
      loginCount: 1,
      lastLocation: null,
    });

    app.clock.advance(MINUTE);
    const again = await logInFully(bob, { deviceToken: first.client.deviceToken });
    expect(again.login.session.device.trusted).toBe(true);
    const [used, other] = await trustedDevicesOf(bob);
    expect(used).toMatchObject({ id: devices[1].id, loginCount: 2, trustedAt: devices[1].trustedAt });
    expect(Date.parse(used.lastUsedAt)).toBeGreaterThan(Date.parse(used.trustedAt));
    expect(other).toEqual(devices[0]);
    expect(await trustedDevicesOf(second)).toEqual([used, other]);
  });

  it("show where their last login came from", async () => {
    const bob = await owner();
    const { client } = await logInFully(bob, { trustDevice: true });
    const { devices, db, users } = app.app;
    const user = await users.get(bob.id as UserId);
    const [{ id } = { id: "" }] = await trustedDevicesOf(bob);
    const device = devices.resolveDevice(client.deviceToken, id);
    const place = { label: "Kuala Lumpur, Malaysia", city: "Kuala Lumpur", countryCode: "MY" };
    const location = { ...place, region: "Kuala Lumpur", coordinates: null };
    await db.transaction((tx) => devices.recordLogin(tx, user, device, { ...CLIENT, location }));
    expect(await trustedDevicesOf(bob)).toMatchObject([{ id, loginCount: 2, lastLocation: place }]);
  });

  it("are visible to the user's admins, and to no other user", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const bob = { ...(await createMember(app, tenant)) };
    const { authenticator } = await enableTotp(app, bob);
    await logInFully({ ...bob, authenticator }, { trustDevice: true });
    const [{ id } = { id: "" }] = await trustedDevicesOf(bob);
    for (const { client } of [bob, admin])
      expect(await client.ask(NODE, { id })).toEqual({ node: { __typename: "KnownDevice", id } });
    for (const { client } of [
      await createMember(app, tenant),
      await createMember(app, await createTenant(app), "ADMIN"),
    ])
      expect(await client.ask(NODE, { id })).toEqual({ node: null });
  });
});

describe("removing a trusted device", () => {
  it("invalidates its token: the next login with it is one from a new device", async () => {
    const bob = await owner();
    const { client, login } = await logInFully(bob, { trustDevice: true });
    const { deviceToken } = client;
    const [{ id } = { id: "" }] = await trustedDevicesOf(bob);
    expect(await bob.client.ask(REMOVE, { id })).toEqual({ removeDevice: { deletedKnownDeviceId: id } });
    expect(await trustedDevicesOf(bob)).toEqual([]);
    // Its session continues, on a device without an owner.
    const { session } = await client.ask("query ($id: ID!) { session(id: $id) { current device { label trusted } } }", {
      id: login.session.id,
    });
    expect(session).toEqual({ current: true, device: { label: "Firefox on Windows", trusted: false } });

    const next = await logInFully(bob, { deviceToken });
    expect(await newDeviceOfLastLogin(bob)).toMatchObject({ newDevice: true });
    expect(next.login.session.device.trusted).toBe(false);
    expect(next.client.deviceToken).toMatch(/^[\w-]{43}$/);
    expect(next.client.deviceToken).not.toBe(deviceToken);
    expect(await bob.client.refused(REMOVE, { id })).toEqual({ code: "NOT_FOUND", status: 404 });
  });

  it("is allowed to its owner only", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const bob = { ...(await createMember(app, tenant)) };
    const { authenticator } = await enableTotp(app, bob);
    await logInFully({ ...bob, authenticator }, { trustDevice: true });
    const before = await trustedDevicesOf(bob);
    for (const { client } of [
      admin,
      await createMember(app, tenant),
      await createMember(app, await createTenant(app), "OPERATOR"),
    ])
      expect(await client.refused(REMOVE, { id: before[0].id })).toEqual({ code: "NOT_FOUND", status: 404 });
    for (const id of [bob.sessionId, ANONYMOUS, "no id"])
      expect(await bob.client.refused(REMOVE, { id })).toEqual({ code: "NOT_FOUND", status: 404 });
    expect(await trustedDevicesOf(bob)).toEqual(before);
  });

  it("ends a pending login on it, which therefore cannot restore the device", async () => {
    const bob = await owner();
    const { client } = await logInFully(bob, { trustDevice: true });
    const { deviceToken } = client;
    waitForNewCode(app);
    const { challenge } = await beginLogin(client, bob, { deviceToken });
    const [{ id } = { id: "" }] = await trustedDevicesOf(bob);
    await bob.client.ask(REMOVE, { id });
    const input = { challenge, code: bob.authenticator.code(app.clock.now()), trustDevice: true };
    expect(
      await client.refused("mutation ($input: VerifyTotpInput!) { verifyTotp(input: $input) { __typename } }", {
        input,
      }),
    ).toMatchObject(CHALLENGE_EXPIRED);
    expect(await trustedDevicesOf(bob)).toEqual([]);
    expect((await logInFully(bob, { deviceToken })).client.deviceToken).not.toBe(deviceToken);
  });

  it("turns a concurrent password login that has just recognised it into one from a new device", async () => {
    const bob = await createMember(app, await createTenant(app));
    const { deviceToken } = bob.client;
    const { db } = app.app;
    const [device] = await db.execute<{ id: string }>(sql`
      update devices set trusted_at = now() where user_id = ${bob.id}::uuid returning id`);
    const phone = app.client();
    // Like the removal, behind the lock of the row that every login locks, too.
    const login = await db.transaction(async (tx) => {
      await tx.execute(sql`select from users where id = ${bob.id}::uuid for update`);
      const waiting = logIn(phone, bob.email, bob.password, { ...(deviceToken && { deviceToken }) });
      await waitsForLock();
      await tx.execute(sql`delete from devices where id = ${device?.id}::uuid`);
      return { waiting };
    });
    await login.waiting;
    expect(phone.deviceToken).toMatch(/^[\w-]{43}$/);
    expect(phone.deviceToken).not.toBe(deviceToken);
    expect(await newDeviceOfLastLogin(bob)).toMatchObject({ newDevice: true });
  });

  const waitsForLock = () =>
    expect
      .poll(
        async () =>
          (
            await app.app.db.execute(sql`
              select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
          ).length,
        { interval: 10 },
      )
      .toBeGreaterThan(0);
});

describe("known devices", () => {
  const DEVICES = "{ me { devices { id device { label trusted } trustedAt firstSeenAt lastUsedAt loginCount } } }";
  const REMOVE_KNOWN = "mutation ($id: ID!) { removeDevice(input: { knownDeviceId: $id }) { deletedKnownDeviceId } }";
  const devicesOf = async ({ client }: Pick<SignedInUser, "client">): Promise<UntypedData[]> =>
    (await client.ask(DEVICES)).me.devices ?? [];

  it("are all listed, trusted or not; a removed one counts as new", async () => {
    const carol = await createMember(app, await createTenant(app));
    const before = await devicesOf(carol);
    const laptop = app.client(FIREFOX);
    const { deviceToken } = await logIn(laptop, carol.email, carol.password);
    const devices = await devicesOf(carol);
    expect(devices).toHaveLength(before.length + 1);
    expect(devices[0]).toMatchObject({
      device: { label: "Firefox on Windows", trusted: false },
      trustedAt: null,
      loginCount: 1,
    });
    expect(await trustedDevicesOf(carol)).toEqual([]);

    await logIn(laptop, carol.email, carol.password, { deviceToken: String(deviceToken) });
    expect(await newDeviceOfLastLogin(carol)).toMatchObject({ newDevice: false });
    const { removeDevice } = await carol.client.ask(REMOVE_KNOWN, { id: devices[0]?.id });
    expect(removeDevice).toEqual({ deletedKnownDeviceId: devices[0]?.id });
    expect(await devicesOf(carol)).toEqual(before);
    await logIn(laptop, carol.email, carol.password, { deviceToken: String(deviceToken) });
    expect(await newDeviceOfLastLogin(carol)).toMatchObject({ newDevice: true });
  });

  it("are deleted by a password reset: the next login with such a token is from a new device", async () => {
    const carol = await createMember(app, await createTenant(app));
    const laptop = app.client(FIREFOX);
    const { deviceToken } = await logIn(laptop, carol.email, carol.password);
    const password = newPassword();
    await resetPassword(app, carol, password);
    await logIn(laptop, carol.email, password, { deviceToken: String(deviceToken) });
    expect(await newDeviceOfLastLogin(carol)).toMatchObject({ newDevice: true });
    expect(await devicesOf({ client: laptop })).toHaveLength(1);
  });

  it("of another user are neither listed nor removed", async () => {
    const tenant = await createTenant(app);
    const [carol, mallory] = [await createMember(app, tenant), await createMember(app, tenant)];
    const [device] = await devicesOf(carol);
    expect(await mallory.client.refused(REMOVE_KNOWN, { id: device?.id })).toMatchObject({ code: "NOT_FOUND" });
    expect(await devicesOf(carol)).toHaveLength(1);
    const { node } = await mallory.client.ask(NODE, { id: device?.id });
    expect(node).toBeNull();
  });
});
