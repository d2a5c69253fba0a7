import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { memberWith } from "../../support/clients/narrow.ts";
import { addressIn } from "../../support/factories/places.ts";
import { createUser, createUserAs } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const LOCATION = "location { label city countryCode }";

const LOGIN_WITH_PLACE = `
  mutation ($input: LoginInput!) { login(input: $input) { ... on LoginSuccess { session { ipAddress ${LOCATION} } } } }
`;

const KUALA_LUMPUR = { label: "Kuala Lumpur, Malaysia", city: "Kuala Lumpur", countryCode: "MY" };

describe("the location of users", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  const clientIn = (city: Parameters<typeof addressIn>[0]) =>
    app.client({ "x-forwarded-for": addressIn(city, app.app.geoip) });

  it("is returned with the session, from the first response on", async () => {
    const alice = await createUser(app);
    const ipAddress = addressIn("Kuala Lumpur, Malaysia", app.app.geoip);
    const { login } = await clientIn("Kuala Lumpur, Malaysia").ask(LOGIN_WITH_PLACE, {
      input: { identifier: alice.email, password: alice.password },
    });
    expect(memberWith("session", login).session).toEqual({ ipAddress, location: KUALA_LUMPUR });
    const { sessions } = await alice.client.ask(`{ sessions { current ${LOCATION} } }`);
    // Her registration came from this machine's address, which has no location.
    expect(sessions).toEqual([
      { current: false, location: KUALA_LUMPUR },
      { current: true, location: null },
    ]);
  });

  it("is returned for an IPv4-mapped IPv6 address", async () => {
    const alice = await createUser(app);
    const address = `::ffff:${addressIn("Kuala Lumpur, Malaysia", app.app.geoip)}`;
    const { login } = await app.client({ "x-forwarded-for": address }).ask(LOGIN_WITH_PLACE, {
      input: { identifier: alice.email, password: alice.password },
    });
    expect(memberWith("session", login).session.location).toEqual(KUALA_LUMPUR);
  });

  it("is returned with security events", async () => {
    const alice = await createUser(app);
    const client = clientIn("Kuala Lumpur, Malaysia");
    await logIn(client, alice.email, alice.password);
    const { securityEvents } = await client.ask(`{ securityEvents(first: 1) { nodes { type ${LOCATION} } } }`);
    expect(securityEvents.nodes).toEqual([{ type: expect.any(String), location: KUALA_LUMPUR }]);
  });

  it("is returned to admins for each login attempt, including failed ones", async () => {
    const admin = await createUserAs(app, "ADMIN");
    const alice = await createUser(app);
    const input = { identifier: alice.email, password: newPassword() };
    await clientIn("Berlin, Germany").refused(LOGIN, { input });
    const { loginAttempts } = await admin.client.ask(
      `query ($id: ID!) { loginAttempts(first: 1, filter: { userId: $id }) { nodes { outcome ${LOCATION} } } }`,
      { id: alice.id },
    );
    expect(loginAttempts.nodes).toEqual([
      { outcome: "FAILED", location: { label: "Berlin, Germany", city: "Berlin", countryCode: "DE" } },
    ]);
  });

  it("is stored only as far as needed: the name for sessions and events, the coordinates for attempts", async () => {
    const alice = await createUser(app);
    await logIn(clientIn("Kuala Lumpur, Malaysia"), alice.email, alice.password);
    const stored = async (table: string): Promise<UntypedData> => {
      const [row] = await app.app.db.execute<{ location: UntypedData }>(
        sql`select location from ${sql.identifier(table)} where user_id = ${alice.id} and location is not null`,
      );
      return row?.location;
    };
    expect(await stored("sessions")).toEqual(KUALA_LUMPUR);
    expect(await stored("security_events")).toEqual(KUALA_LUMPUR);
    expect(await stored("login_attempts")).toEqual({
      ...KUALA_LUMPUR,
      region: expect.any(String),
      coordinates: { latitude: expect.any(Number), longitude: expect.any(Number) },
    });
  });

  it("is looked up once in a login, and never by requests that do not select it", async () => {
    const { client, email, password } = await createUser(app);
    const find = vi.spyOn(app.app.geoip, "find");
    await client.ask("{ me { id } sessions { id device { label } } }");
    expect(find).not.toHaveBeenCalled();
    await logIn(client, email, password);
    expect(find).toHaveBeenCalledOnce();
    find.mockRestore();
  });
});

describe("without a location database", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: { GEOIP_FILE: "/nowhere/city.mmdb" } });
  });
  afterAll(() => app.stop());

  it("users log in from unknown locations, and the log gives the reason once", async () => {
    const alice = await createUser(app);
    const client = app.client({ "x-forwarded-for": "1.9.1.10" });
    const { login } = await client.ask(LOGIN_WITH_PLACE, {
      input: { identifier: alice.email, password: alice.password },
    });
    expect(memberWith("session", login).session).toEqual({ ipAddress: "1.9.1.10", location: null });
    expect(app.logs.filter((line) => line.includes("the geolocation database is unusable"))).toHaveLength(1);
    const ready = await fetch(`${app.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: "ready", places: "down" });
    expect(await (await fetch(`${app.url}/metrics`)).text()).toContain(
      "\nportcullis_geoip_build_timestamp_seconds 0\n",
    );
  });
});
