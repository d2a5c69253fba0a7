import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import {
  answerTo,
  CONFIRM_LOGIN,
  DENY_LOGIN,
  RESUME_LOGIN,
  resumeLogin,
  statusOf,
  userWithHistory,
  waitingLogin,
  wrongNumber,
} from "../../support/clients/confirmations.ts";
import { accountsOf, beginLogin, CHALLENGE_EXPIRED, refusalOf } from "../../support/clients/factors.ts";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { createTenant } from "../../support/factories/tenants.ts";
import { newAddress, type SignedInUser } from "../../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

const newResident = async (): Promise<SignedInUser> => userWithHistory(app, await createTenant(app));

const visitor = () => app.client({ "x-forwarded-for": newAddress() });

const DEVICES = "{ me { devices { device { label trusted } } } }";

/** Everything that a denial or a confirmation would have changed. */
const tracesOf = async ({ id }: Pick<SignedInUser, "id">) => {
  const rows = await app.app.db.execute<{ kind: string; count: number }>(sql`
    select 'event' as kind, count(*)::int from security_events where user_id = ${id}::uuid
    union all select 'attempt', count(*)::int from login_attempts where user_id = ${id}::uuid
    union all select 'device', count(*)::int from devices where user_id = ${id}::uuid
    union all select 'suspicious', count(*)::int from denied_networks n join users u using (tenant_id) where u.id = ${id}::uuid`);
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
};

describe("the number of a waiting login", () => {
  it("has two digits, is shown only to the waiting client, and stays the same", async () => {
    const bob = await newResident();
    const { client, challenge, number, token } = await waitingLogin(app, bob);
    expect(number).toMatch(/^[1-9][0-9]$/);
    const { resumeLogin: again } = await client.ask(RESUME_LOGIN, { challenge });
    expect(again).toMatchObject({ __typename: "LoginConfirmationRequired", number });
    await visitor().ask(CONFIRM_LOGIN, { token, number });
    await resumeLogin(client, challenge);
  });

  it.each([
    [
      "Arabic-Indic digits",
      (number: string) => number.replace(/[0-9]/g, (digit) => String.fromCodePoint(0x660 + +digit)),
    ],
    [
      "full-width digits",
      (number: string) => number.replace(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + +digit)),
    ],
    ["spaces and a direction mark", (number: string) => ` ${number[0]} ${number[1]}\u200e`],
  ])("may be typed in %s", async (_, spelled) => {
    const bob = await newResident();
    const { client, challenge, number, token } = await waitingLogin(app, bob);
    await visitor().ask(CONFIRM_LOGIN, { token, number: spelled(number) });
    await resumeLogin(client, challenge);
  });

  it.each(["", "7", "123", "ab", "4.2", "-7", "٣"])(
    "is not used up by input that is not a number of two digits (%j)",
    async (typed) => {
      const bob = await newResident();
      const login = await waitingLogin(app, bob);
      const attempt = () => visitor().refused(CONFIRM_LOGIN, { token: login.token, number: typed });
      expect(await refusalOf(app, bob, attempt)).toMatchObject({
        code: "BAD_USER_INPUT",
        fields: [{ path: "input.number" }],
      });
      expect(await statusOf(app, login)).toBe("WAITING");
      await visitor().ask(CONFIRM_LOGIN, answerTo(login));
      await resumeLogin(login.client, login.challenge);
    },
  );

  it("ends the login if another one is entered, uses the link up, and changes nothing else", async () => {
    const bob = await newResident();
    const [login, other] = [await waitingLogin(app, bob), await waitingLogin(app, bob)];
    // The link is used up; everything else is unchanged.
    const account = async () => (await accountsOf(app, bob)).filter(({ kind }) => kind !== "link");
    const [before, traces] = [await account(), await tracesOf(bob)];
    const refused = await visitor().refused(CONFIRM_LOGIN, { token: login.token, number: wrongNumber(login) });
    expect(refused).toMatchObject({ code: "INVALID_CODE", attemptsLeft: 0 });

    expect(await statusOf(app, login)).toBe("EXPIRED");
    expect(await login.client.refused(RESUME_LOGIN, { challenge: login.challenge })).toMatchObject(CHALLENGE_EXPIRED);
    for (const operation of [CONFIRM_LOGIN, DENY_LOGIN])
      expect(await visitor().refused(operation, answerTo(login))).toMatchObject({ code: "INVALID_TOKEN" });

    // This is not a denial: a mistyped number does not cost sessions, devices and password.
    expect(await account()).toEqual(before);
    expect(await tracesOf(bob)).toEqual(traces);
    expect(await bob.client.ask("{ me { id } }")).toEqual({ me: { id: bob.id } });
    expect(await statusOf(app, other)).toBe("WAITING");
    await visitor().ask(CONFIRM_LOGIN, answerTo(other));
    await resumeLogin(other.client, other.challenge);
  });

  it("belongs to its own login: an attacker's login is not confirmed with the number of the user's", async () => {
    const bob = await newResident();
    // Numbers repeat, so take two of several logins that have different ones.
    const mine = await waitingLogin(app, bob);
    let attackers = await waitingLogin(app, bob);
    while (attackers.number === mine.number) attackers = await waitingLogin(app, bob);
    const answer = { token: attackers.token, number: mine.number };
    expect(await visitor().refused(CONFIRM_LOGIN, answer)).toMatchObject({ code: "INVALID_CODE" });
    expect(await statusOf(app, attackers)).toBe("EXPIRED");
    expect(await statusOf(app, mine)).toBe("WAITING");
  });
});

describe("the device of a confirmed login", () => {
  it("is known, and trusted only if the user requested that", async () => {
    const bob = await newResident();
    const plain = await waitingLogin(app, bob, { deviceName: "Café" });
    const { confirmLogin } = await visitor().ask(CONFIRM_LOGIN, answerTo(plain));
    expect(confirmLogin.device).toMatchObject({ trusted: false });
    expect(await resumeLogin(plain.client, plain.challenge)).toMatchObject({ session: { device: { trusted: false } } });

    const own = await waitingLogin(app, bob, { deviceName: "Own laptop" });
    const answer = { ...answerTo(own), trustDevice: true };
    expect((await visitor().ask(CONFIRM_LOGIN, answer)).confirmLogin.device).toMatchObject({ trusted: true });
    const login = await resumeLogin(own.client, own.challenge);
    expect(login).toMatchObject({ session: { device: { label: "Own laptop", trusted: true } } });

    const { me } = await own.client.ask(DEVICES);
    const trustOf = (label: string) =>
      me.devices?.find(({ device }: UntypedData) => device.label === label)?.device.trusted;
    expect([trustOf("Café"), trustOf("Own laptop")]).toEqual([false, true]);
    // Both are known, so no mail asks again.
    for (const { client } of [plain, own]) {
      const input = { deviceToken: client.deviceToken };
      expect(await beginLogin(visitor(), bob, input)).toMatchObject({ __typename: "LoginSuccess" });
    }
  });
});
