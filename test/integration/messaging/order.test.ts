import { afterAll, beforeAll, expect, it } from "vitest";
import { securityEvents } from "#features/audit/security-events.table";
import { allPublished, type Received, readStream } from "../../support/clients/events.ts";
import { rolesInput, SET_MEMBER_ROLES } from "../../support/factories/roles.ts";
import { addUser, createMember, createTenant } from "../../support/factories/tenants.ts";
import { logIn, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";
import { NatsServer } from "../../support/servers/nats.ts";

const SUSPEND = "mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { id } } }";
const REACTIVATE = "mutation ($id: ID!) { reactivateUser(input: { userId: $id }) { user { id } } }";
const PASSWORD = "three lazy otters juggle";

describeIf("nats-server", "many callers change one user at the same moment, on two replicas", (program) => {
  let nats: NatsServer;
  let app: TestApp;
  let replica: TestApp;
  beforeAll(async () => {
    nats = await NatsServer.start(program);
    app = await startTestApp({ settings: { NATS_URL: nats.url } });
    replica = await startTestApp({ settings: { NATS_URL: nats.url }, replicaOf: app });
  });
  afterAll(async () => {
    await replica?.stop();
    await app?.stop();
    await nats?.stop();
  });

  const told = async (userId: string): Promise<Received[]> => {
    await allPublished(app.app.db);
    return (await readStream(nats)).filter(({ event }) => event.subject === userId);
  };

  /** The same admin on both replicas, with several calls at the same time. */
  const inParallel = async (admin: SignedInUser, calls: readonly (readonly [string, object])[]): Promise<void> => {
    const clients = [app, replica].map((each) => {
      const client = each.client();
      client.accessToken = admin.client.accessToken;
      return client;
    });
    await Promise.all(
      calls.map(([document, variables], index) => clients[index % 2]?.send(document, { ...variables })),
    );
  };

  it("publishes role changes in an order in which each starts with the roles that the previous one set", async () => {
    const tenant = await createTenant(app);
    const admin = await createMember(app, tenant, "ADMIN");
    const { id } = await addUser(app, tenant);
    const inputs = [await rolesInput(app, { id }), await rolesInput(app, { id }, "ADMIN")];
    const call = (n: number) => [SET_MEMBER_ROLES, inputs[n % 2] ?? {}] as const;
    for (let round = 0; round < 4; round++)
      await inParallel(
        admin,
        Array.from({ length: 16 }, (_, n) => call(Math.floor((n + round) / 3))),
      );
    const history = new Map((await app.app.db.select().from(securityEvents)).map((event) => [String(event.id), event]));
    const changes = (await told(id)).filter(({ event }) => event.type === "auth.member.changed");
    const steps = changes.map(({ event }) => history.get(event.id)?.details as { from: string[]; to: string[] });
    expect(steps.length).toBeGreaterThan(4);
    expect(steps.slice(1).map(({ from }) => from)).toEqual(steps.slice(0, -1).map(({ to }) => to));
  });

  it("never publishes a reactivation before the suspension, or the end of a session before its login", async () => {
    const tenant = await createTenant(app, "Acme", { maxSessions: 2 });
    const admin = await createMember(app, tenant, "ADMIN");
    const { id, email } = await addUser(app, tenant, { password: PASSWORD });
    // Logins later in this test may find the account suspended each time.
    for (let n = 0; n < 3; n++) await logIn(app.client(), email, PASSWORD);
    for (let round = 0; round < 3; round++)
      await Promise.all([
        inParallel(
          admin,
          Array.from({ length: 10 }, (_, n) => [n % 4 < 2 ? SUSPEND : REACTIVATE, { id }] as const),
        ),
        ...Array.from({ length: 8 }, (_, n) =>
          logIn((n % 2 ? app : replica).client(), email, PASSWORD).catch(() => null),
        ),
      ]);
    const events = await told(id);
    const changes = events.flatMap(({ event }) => ("change" in event.data ? [event.data.change] : []));
    expect(changes).toContain("USER_SUSPENDED");
    expect(changes).toEqual(changes.map((_, n) => (n % 2 ? "USER_REACTIVATED" : "USER_SUSPENDED")));
    const places = (type: string) =>
      new Map(
        events.flatMap(({ event }, place) =>
          event.type === type && "session_id" in event.data ? [[event.data.session_id, place]] : [],
        ),
      );
    const [begun, ended] = [places("auth.user.login"), places("auth.session.ended")];
    expect(begun.size).toBeGreaterThan(2);
    expect(ended.size).toBeGreaterThan(0);
    for (const [session, place] of ended) expect(place).toBeGreaterThan(begun.get(session) ?? Infinity);
  });
});
