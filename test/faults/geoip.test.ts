import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import { DAY } from "#shared/durations";
import {
  CONFIRM_LOGIN,
  employLoggedIn,
  resumeLogin,
  seenFrom,
  userWithHistory,
} from "../support/clients/confirmations.ts";
import { beginLogin, LOGIN_STEP } from "../support/clients/factors.ts";
import type { UntypedData } from "../support/clients/graphql.ts";
import { present } from "../support/clients/narrow.ts";
import { mmdb } from "../support/factories/mmdb.ts";
import { addressIn } from "../support/factories/places.ts";
import { createMember, createTenant } from "../support/factories/tenants.ts";
import { newPassword, type SignedInUser, tokenIn } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

/** A complete search tree that leads from every address to one record, which is overwritten. */
const damagedInside = (): Buffer => {
  const record = { city: { names: { en: "Berlin" } }, country: { iso_code: "DE", names: { en: "Germany" } } };
  const bytes = mmdb({ "0.0.0.0/1": record, "128.0.0.0/1": record });
  return bytes.fill(0, bytes.indexOf("city") - 2, bytes.lastIndexOf("Germany"));
};

/** The content of the file; null if it is missing. */
const FAULTS: readonly [string, Buffer | null][] = [
  ["missing", null],
  ["another file", Buffer.from("<html>404 Not Found</html>".repeat(100))],
  ["cut off", damagedInside().subarray(0, -20)],
  ["damaged inside", damagedInside()],
];

/** A login of a user with a known home, and its risk with and without known locations. */
interface Case {
  readonly knownDevice: boolean;
  /** Where the login comes from, and how long after the previous one. */
  readonly address: () => string;
  readonly wait: number;
  readonly scores: { readonly placed: number; readonly unplaced: number };
  readonly answers: readonly string[];
}

let app: TestApp;
let company: Tenant;
let folder: string;
beforeAll(async () => {
  [app, folder] = await Promise.all([startTestApp(), mkdtemp(join(inject("runDirectory"), "geoip-"))]);
  company = await createTenant(app);
});
afterAll(async () => {
  await app?.stop();
  await rm(folder, { recursive: true, force: true });
});

const home = (): string => addressIn("Kuala Lumpur, Malaysia", app.app.geoip);
const farAway = (): string => addressIn("Sydney, Australia", app.app.geoip);
/** Also in Kuala Lumpur, with another provider. */
const nextDoor = (): string => addressIn("Kuala Lumpur, Malaysia", butFor(home()));
const butFor = (taken: string): Pick<TestApp["app"]["geoip"], "find"> => ({
  find: (address) => (address === taken ? null : app.app.geoip.find(address)),
});

const GRANTED = ["LoginSuccess", "LoginSuccess"];
const ASKED = ["LoginConfirmationRequired", "LoginConfirmationRequired"];

const CASES: readonly [string, Case][] = [
  [
    "a known device at home",
    { knownDevice: true, address: home, wait: 0, scores: { placed: 0, unplaced: 0 }, answers: GRANTED },
  ],
  [
    "a new device at home",
    { knownDevice: false, address: home, wait: 0, scores: { placed: 20, unplaced: 20 }, answers: GRANTED },
  ],
  [
    "a known device in the same city",
    { knownDevice: true, address: nextDoor, wait: 0, scores: { placed: 0, unplaced: 25 }, answers: GRANTED },
  ],
  [
    "a new device in the same city",
    {
      knownDevice: false,
      address: nextDoor,
      wait: 0,
      scores: { placed: 20, unplaced: 45 },
      answers: ["LoginSuccess", "LoginConfirmationRequired"],
    },
  ],
  [
    "a known device far away",
    { knownDevice: true, address: farAway, wait: DAY, scores: { placed: 25, unplaced: 25 }, answers: GRANTED },
  ],
  [
    "a new device far away",
    { knownDevice: false, address: farAway, wait: DAY, scores: { placed: 45, unplaced: 45 }, answers: ASKED },
  ],
  [
    // The only signal that needs two locations: 30 points less without one of them.
    "a known device at a place that the user cannot have reached yet",
    {
      knownDevice: true,
      address: farAway,
      wait: 0,
      scores: { placed: 55, unplaced: 25 },
      answers: ["LoginConfirmationRequired", "LoginSuccess"],
    },
  ],
];

/** The score of this user's newest attempt. */
const scoreOf = async ({ id }: SignedInUser): Promise<number> => {
  const admin = await createMember(app, company, "ADMIN");
  const { loginAttempts } = await admin.client.ask(
    "query ($id: ID!) { loginAttempts(first: 1, filter: { userId: $id }) { nodes { risk { score } } } }",
    { id },
  );
  return present(loginAttempts.nodes[0]).risk.score;
};

describe.each(FAULTS)("with a place database that is %s", (_, bytes) => {
  let blind: TestApp;
  beforeAll(async () => {
    const file = join(folder, "city.mmdb");
    await rm(file, { force: true });
    if (bytes) await writeFile(file, bytes);
    blind = await startTestApp({ settings: { GEOIP_FILE: file }, replicaOf: app });
    expect(blind.app.geoip.find(home())).toBeNull();
  });
  afterAll(() => blind?.stop());

  it.each(CASES)("the risk of a login is not lower: %s", async (_name, { knownDevice, address, wait, ...expected }) => {
    const logIn = async (replica: TestApp): Promise<{ answer: UntypedData; score: number }> => {
      const bob = await userWithHistory(app, company);
      app.clock.advance(wait);
      const options = knownDevice ? { deviceToken: bob.client.deviceToken } : {};
      const answer = await beginLogin(replica.client({ "x-forwarded-for": address() }), bob, options);
      return { answer, score: await scoreOf(bob) };
    };
    const [placed, unplaced] = [await logIn(app), await logIn(blind)];
    expect({ placed: placed.score, unplaced: unplaced.score }).toEqual(expected.scores);
    expect([placed, unplaced].map(({ answer }) => answer.__typename)).toEqual(expected.answers);
  });

  it("a user who joined since then has no home to be far from, but new things count as new", async () => {
    const bob = await employLoggedIn(seenFrom(blind, home()), company);
    expect(await scoreOf(bob)).toBe(35);
    await beginLogin(blind.client({ "x-forwarded-for": home() }), bob);
    expect(await scoreOf(bob)).toBe(20);
    await beginLogin(blind.client({ "x-forwarded-for": farAway() }), bob);
    expect(await scoreOf(bob)).toBe(35);
  });

  it("users are asked by mail, which calls the place unknown, and can log in", async () => {
    const bob = await userWithHistory(app, company);
    const client = blind.client({ "x-forwarded-for": farAway() });
    const { challenge, number } = await beginLogin(client, bob);
    const mail = await app.mail.waitForMail({ to: bob.email, subject: /^Was that you/ });
    expect(mail.text).toContain("Approximate place: unknown");
    const token = tokenIn(mail);
    const { confirmLogin } = await blind.client().ask(CONFIRM_LOGIN, { token, number, trustDevice: true });
    expect(confirmLogin.location).toBeNull();
    expect(await resumeLogin(client, challenge)).toMatchObject({ session: { device: { trusted: true } } });
  });

  it("a wrong password is refused as usual", async () => {
    const bob = await userWithHistory(app, company);
    const input = { identifier: bob.email, password: newPassword() };
    const refusal = await blind.client({ "x-forwarded-for": farAway() }).refused(LOGIN_STEP, { input });
    expect(refusal).toMatchObject({ code: "INVALID_CREDENTIALS" });
    expect(await scoreOf(bob)).toBe(45);
  });
});
