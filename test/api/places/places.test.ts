import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Loose } from "../../support/clients/graphql.ts";
import { memberWith } from "../../support/clients/narrow.ts";
import { LOGIN, logIn, newPassword } from "../../support/factories/actors.ts";
import { newActor, newActorAs } from "../../support/factories/companies.ts";
import { addressIn } from "../../support/factories/places.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const LOCATION = "location { label city countryCode }";

const LOGIN_WITH_PLACE = `
  mutation ($input: LoginInput!) { login(input: $input) { ... on LoginSuccess { session { ipAddress ${LOCATION} } } } }
`;

const KUALA_LUMPUR = { label: "Kuala Lumpur, Malaysia", city: "Kuala Lumpur", countryCode: "MY" };

describe("where people are", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  const clientIn = (city: Parameters<typeof addressIn>[0]) =>
    app.client({ "x-forwarded-for": addressIn(city, app.app.places) });

  it("is told of the session, from the first answer on", async () => {
    const alice = await newActor(app);
    const ipAddress = addressIn("Kuala Lumpur, Malaysia", app.app.places);
    const { login } = await clientIn("Kuala Lumpur, Malaysia").ask(LOGIN_WITH_PLACE, {
      input: { identifier: alice.email, password: alice.password },
    });
    expect(memberWith("session", login).session).toEqual({ ipAddress, location: KUALA_LUMPUR });
    const { sessions } = await alice.client.ask(`{ sessions { current ${LOCATION} } }`);
    // She signed up at this machine, which is nowhere.
    expect(sessions).toEqual([
      { current: false, location: KUALA_LUMPUR },
      { current: true, location: null },
    ]);
  });

  it("is told of an address in the clothes of IPv6", async () => {
    const alice = await newActor(app);
    const address = `::ffff:${addressIn("Kuala Lumpur, Malaysia", app.app.places)}`;
    const { login } = await app.client({ "x-forwarded-for": address }).ask(LOGIN_WITH_PLACE, {
      input: { identifier: alice.email, password: alice.password },
    });
    expect(memberWith("session", login).session.location).toEqual(KUALA_LUMPUR);
  });

  it("is told of what happened", async () => {
    const alice = await newActor(app);
    const client = clientIn("Kuala Lumpur, Malaysia");
    await logIn(client, alice.email, alice.password);
    const { securityEvents } = await client.ask(`{ securityEvents(first: 1) { nodes { type ${LOCATION} } } }`);
    expect(securityEvents.nodes).toEqual([{ type: expect.any(String), location: KUALA_LUMPUR }]);
  });

  it("is told to administrators of each try to log in, failed ones too", async () => {
    const admin = await newActorAs(app, "ADMIN");
    const alice = await newActor(app);
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

  it("is kept as far as it is needed: sessions and events have the name, attempts what distances are reckoned from", async () => {
    const alice = await newActor(app);
    await logIn(clientIn("Kuala Lumpur, Malaysia"), alice.email, alice.password);
    const stored = async (table: string): Promise<Loose> => {
      const [row] = await app.app.db.execute<{ location: Loose }>(
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

  it("is looked up once by a login, and never by requests that do not ask for it", async () => {
    const { client, email, password } = await newActor(app);
    const find = vi.spyOn(app.app.places, "find");
    await client.ask("{ me { id } sessions { id device { label } } }");
    expect(find).not.toHaveBeenCalled();
    await logIn(client, email, password);
    expect(find).toHaveBeenCalledOnce();
    find.mockRestore();
  });
});

describe("where there is no place database", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: { GEOIP_FILE: "/nowhere/city.mmdb" } });
  });
  afterAll(() => app.stop());

  it("people log in from unknown places, and the log says once why", async () => {
    const alice = await newActor(app);
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
