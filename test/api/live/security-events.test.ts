import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import type { UserId } from "#shared/ids";
import { connect, EVENT, eventually, followEvents, type LiveClient, typesOf } from "../../support/clients/live.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { logIn, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let company: Tenant;
const opened: LiveClient[] = [];

beforeAll(async () => {
  app = await startTestApp();
  company = await createTenant(app);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((live) => live.stop()));
  await eventually(() => app.app.securityEventFeed.followers === 0, "the end of all subscriptions");
});
afterAll(() => app.stop());

const listen = async (actor: Parameters<typeof connect>[1]) => {
  const live = await connect(app, actor);
  opened.push(live);
  return { live, followed: await followEvents(app, live) };
};

const rename = (actor: SignedInUser) =>
  actor.client.ask("mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { id } } }", {
    input: { username: `u${Math.random().toString(36).slice(2, 12)}`, password: actor.password },
  });

describe("securityEventOccurred", () => {
  it("reports what happens to the caller's account, with the same fields as the history", async () => {
    const alice = await createMember(app, company);
    const { followed } = await listen(alice);
    await logIn(app.client(), alice.email, alice.password);
    await rename(alice);
    await eventually(() => typesOf(followed).includes("USERNAME_CHANGED"), "the events");

    const { securityEvents } = await alice.client.ask(`{ securityEvents(first: 5) { nodes { ${EVENT} } } }`);
    const told = followed.results.map(({ data }) => data.securityEventOccurred);
    for (const { user, ...event } of told) {
      expect(user).toEqual({ id: alice.id, email: alice.email });
      expect(securityEvents.nodes).toContainEqual(event);
    }
    expect(typesOf(followed)).toEqual(expect.arrayContaining(["LOGIN_SUCCEEDED", "USERNAME_CHANGED"]));
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
  });

  it("does not report another user's events, in the same tenant or another one, nor events that are rolled back", async () => {
    const alice = await createMember(app, company);
    const [colleague, admin, stranger] = [
      await createMember(app, company),
      await createMember(app, company, "ADMIN"),
      await createMember(app, await createTenant(app)),
    ];
    const { followed } = await listen(alice);
    for (const other of [colleague, admin, stranger]) await rename(other);
    await admin.client.ask("mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { id } } }", {
      id: colleague.id,
    });
    await app.app.db
      .transaction(async (tx) => {
        const { tenantId, id: userId } = await app.app.users.get(alice.id as UserId);
        await app.app.events.record(tx, { type: "NEW_DEVICE", tenantId, userId });
        throw new Error("rolled back");
      })
      .catch(() => {});
    // Messages arrive in order, so no earlier one can still be in transit when this event arrives.
    await rename(alice);
    await eventually(() => typesOf(followed).includes("USERNAME_CHANGED"), "the user's own event");
    expect(typesOf(followed)).toEqual(["USERNAME_CHANGED"]);
  });

  it("reports only an admin's own account to that admin, although they could read another user's history", async () => {
    const [admin, user] = [await createMember(app, company, "ADMIN"), await createMember(app, company)];
    const { followed } = await listen(admin);
    await rename(user);
    await rename(admin);
    await eventually(() => followed.results.length > 0);
    expect(followed.results.map(({ data }) => data.securityEventOccurred.user.id)).toEqual([admin.id]);
  });

  it("shows with each event the current state, not what was loaded for the previous event", async () => {
    const alice = await createMember(app, company);
    const live = await connect(app, alice);
    opened.push(live);
    const followed = await followEvents(app, live, "subscription { securityEventOccurred { type user { username } } }");
    const names: string[] = [];
    for (const username of [
      `a${Math.random().toString(36).slice(2, 12)}`,
      `b${Math.random().toString(36).slice(2, 12)}`,
    ]) {
      names.push(username);
      await alice.client.ask(
        "mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { id } } }",
        {
          input: { username, password: alice.password },
        },
      );
      await eventually(() => followed.results.length === names.length);
    }
    expect(followed.results.map(({ data }) => data.securityEventOccurred.user.username)).toEqual(names);
  });

  it("is counted once, when it starts, however many events are delivered", async () => {
    const alice = await createMember(app, company);
    const { followed } = await listen(alice);
    for (let n = 0; n < 3; n++) await rename(alice);
    await eventually(() => followed.results.length === 3);
    const rows = await app.app.db.execute("select used from rate_limits where key like 'field:Subscription.%'");
    expect(rows.every(({ used }) => used === 1)).toBe(true);
    expect(rows.length).toBeGreaterThan(0);
  });

  it("finds events that were not published, and delivers no event twice", async () => {
    const alice = await createMember(app, company);
    const { followed } = await listen(alice);
    const { tenantId } = await app.app.users.get(alice.id as UserId);
    // The state that a replica leaves if it is killed right after its commit.
    const recordSilently = (type: string) =>
      app.app.db.execute(sql`
        insert into security_events (id, occurred_at, tenant_id, user_id, type)
        values (${app.app.ids.next()}, ${app.app.clock.now().toISOString()}, ${tenantId}, ${alice.id}, ${type})`);
    await recordSilently("NEW_DEVICE");
    await eventually(() => typesOf(followed).includes("NEW_DEVICE"), "the unpublished event");
    await rename(alice);
    await recordSilently("PASSKEY_ADDED");
    await eventually(() => typesOf(followed).includes("PASSKEY_ADDED"), "the second unpublished event");
    expect(typesOf(followed)).toEqual(["NEW_DEVICE", "USERNAME_CHANGED", "PASSKEY_ADDED"]);
  });
});
