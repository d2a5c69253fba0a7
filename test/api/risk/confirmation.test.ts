import { eq, sql } from "drizzle-orm";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenants } from "#features/tenants/index";
import { networkOf } from "#platform/ip-address";
import { DAY, HOUR, MINUTE } from "#shared/durations";
import {
  answerTo,
  CHECK_LOGIN_LINK,
  CONFIRM_LOGIN,
  DENY_LOGIN,
  PENDING_LOGIN,
  RESUME_LOGIN,
  resumeLogin,
  statusOf,
  userWithHistory,
  type WaitingLogin,
  waitingLogin,
} from "../../support/clients/confirmations.ts";
import {
  accountsOf,
  beginLogin,
  CHALLENGE_EXPIRED,
  DISABLE_TOTP,
  enableTotp,
  finishLogin,
  LOGIN_STEP,
  refusalOf,
  SEND_EMAIL_CODE,
  START_PASSKEY_LOGIN,
  VERIFY_BACKUP_CODE,
  VERIFY_EMAIL_CODE,
  VERIFY_TOTP,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import { present } from "../../support/clients/narrow.ts";
import { snapshotOf } from "../../support/factories/database-snapshot.ts";
import { addressIn } from "../../support/factories/places.ts";
import { endedSessionIds } from "../../support/factories/session-ends.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import {
  newAddress,
  newEmail,
  newPassword,
  REFRESH,
  resetPassword,
  type SignedInUser,
  tokenIn,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { readersOf } from "../../support/servers/smtp.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: "https://id.example.test" } });
});
afterAll(() => app?.stop());

const DENIED = { code: "FORBIDDEN", reason: "LOGIN_DENIED", status: 403 };
const INVALID_TOKEN = { code: "INVALID_TOKEN", status: 400 };

/** A signed-in user at home whose next login, from elsewhere, waits for confirmation. */
const newResident = async (): Promise<SignedInUser> => userWithHistory(app, await createTenant(app));

const visitor = () => app.client({ "x-forwarded-for": newAddress() });

const eventsOf = async ({ id }: Pick<SignedInUser, "id">): Promise<string[]> =>
  (
    await app.app.db.execute<{ type: string }>(
      sql`select type from security_events where user_id = ${id}::uuid order by id desc`,
    )
  ).map(({ type }) => type);

const sessionsOf = async (person: Pick<SignedInUser, "id">) =>
  (await snapshotOf(app, [person])).filter(({ kind }) => kind === "session");

/** The subjects of this user's mails, after the queue is delivered. */
const mailsTo = async ({ email }: Pick<SignedInUser, "email">): Promise<string[]> => {
  const waiting = async () =>
    (await app.app.db.execute(sql`select from graphile_worker._private_jobs where payload ->> 'to' = ${email}`)).length;
  await expect.poll(waiting, { interval: 20 }).toBe(0);
  return app.mail
    .all()
    .filter((mail) => readersOf(mail).includes(email))
    .map(({ subject }) => subject ?? "");
};

const RESET = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";
const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";
const NEW_DEVICE_MAIL = "A new device was used to log in";
const SECURED_MAIL = "Your account is safe again: choose a new password";

describe("an unusual login", () => {
  it("is reported to its user by mail, with device, location, address and time", async () => {
    const bob = await newResident();
    app.clock.advance(DAY);
    const address = addressIn("Sydney, Australia", app.app.geoip);
    const begun = app.clock.now();
    const intruder = app.client({ "x-forwarded-for": address, "user-agent": FIREFOX });
    await beginLogin(intruder, bob, { deviceName: "Your own laptop, see evil.example" });
    const minutes = [begun, app.clock.now()].map((moment) => moment.toISOString().slice(11, 16));
    const mail = await app.mail.waitForMail({ to: bob.email, subject: /^Was that you/ });
    for (const text of ["“Firefox on Windows”", "Sydney, Australia", address, "/confirm-login#token="])
      expect(mail.text).toContain(text);
    // The mail contains no text chosen by the party logging in.
    expect(`${mail.text} ${mail.html}`).not.toMatch(/own laptop|evil/);
    expect(mail.text).toMatch(new RegExp(`Time: .* (${minutes.join("|")}) UTC`));
  });

  it("is shown on the page of the link as the server observed it, until it is answered", async () => {
    const bob = await newResident();
    app.clock.advance(DAY);
    const address = addressIn("Sydney, Australia", app.app.geoip);
    const intruder = app.client({ "x-forwarded-for": address, "user-agent": FIREFOX });
    const startedAt = app.clock.now().toISOString();
    const { number } = await beginLogin(intruder, bob, { deviceName: "Your own laptop" });
    const token = tokenIn(await app.mail.waitForMail({ to: bob.email, subject: /^Was that you/ }));
    const check = async (given: string) =>
      (await visitor().ask(CHECK_LOGIN_LINK, { token: given })).checkLoginLink.login;
    const before = await accountsOf(app, bob);
    const shown = { device: "Firefox on Windows", ipAddress: address, location: { label: "Sydney, Australia" } };
    expect(await check(token)).toMatchObject(shown);
    expect(Date.parse(present(await check(token)).startedAt)).toBeGreaterThanOrEqual(Date.parse(startedAt));
    expect(await accountsOf(app, bob)).toEqual(before);
    expect(await check("invented-but-long-enough")).toBeNull();
    await visitor().ask(CONFIRM_LOGIN, { token, number });
    expect(await check(token)).toBeNull();
  });

  it.each(["BODY", "COOKIE"] as const)(
    "gets its session once it was confirmed on another device, which gets none (%s)",
    async (transport) => {
      const bob = await newResident();
      const { client, challenge, token, number } = await waitingLogin(app, bob, {
        transport,
        deviceName: "Loft laptop",
      });
      expect(client.cookies.size).toBe(0);
      expect(await statusOf(app, { challenge })).toBe("WAITING");
      const before = await accountsOf(app, bob);
      const sessions = await sessionsOf(bob);

      const { resumeLogin: again } = await client.ask(RESUME_LOGIN, { challenge });
      expect(again).toEqual({
        __typename: "LoginConfirmationRequired",
        challenge,
        number,
        sentTo: `${bob.email.slice(0, 2)}***@example.com`,
        expiresAt: (await client.ask(PENDING_LOGIN, { challenge })).checkPendingLogin.pendingLogin.expiresAt,
      });
      expect(await accountsOf(app, bob)).toEqual(before);

      const phone = visitor();
      const { data, headers } = await phone.send(CONFIRM_LOGIN, { token, number });
      expect(data).toEqual({ confirmLogin: { device: { label: "Unknown device", trusted: false }, location: null } });
      expect(headers.getSetCookie()).toEqual([]);
      expect(await phone.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
      expect(await statusOf(app, { challenge })).toBe("CONFIRMED");
      expect(await sessionsOf(bob)).toEqual(sessions);

      const login = await resumeLogin(client, challenge);
      expect(login).toMatchObject({
        user: { id: bob.id },
        session: { authenticatedWith: ["PASSWORD"], device: { label: "Loft laptop", trusted: false } },
        mfaRecommended: true,
      });
      const inBody = transport === "BODY";
      expect(login.tokens).toEqual({
        accessToken: expect.any(String),
        refreshToken: inBody ? expect.any(String) : null,
      });
      expect(login.deviceToken).toEqual(inBody ? expect.any(String) : null);
      expect([...client.cookies.keys()]).toHaveLength(inBody ? 0 : 2);
      expect(decodeJwt(login.tokens.accessToken)).toMatchObject({ sid: login.session.id, amr: ["pwd"] });
      const refreshed = await client.ask(
        inBody ? REFRESH : "mutation { refreshToken { tokens { accessToken } } }",
        inBody ? { token: login.tokens.refreshToken } : {},
      );
      expect(decodeJwt(refreshed.refreshToken.tokens.accessToken)).toMatchObject({ sid: login.session.id });

      expect(await statusOf(app, { challenge })).toBe("EXPIRED");
      const twice = await refusalOf(app, bob, () => client.refused(RESUME_LOGIN, { challenge }));
      expect(twice).toMatchObject(CHALLENGE_EXPIRED);
      expect((await eventsOf(bob)).slice(0, 2)).toEqual(["LOGIN_SUCCEEDED", "LOGIN_CONFIRMED"]);
    },
  );

  it("makes its device a known one for the next login, from any location, without a mail about it", async () => {
    const bob = await newResident();
    const { client, challenge, token, number } = await waitingLogin(app, bob);
    await visitor().ask(CONFIRM_LOGIN, { token, number });
    const { session, deviceToken } = await resumeLogin(client, challenge);
    const mails = await mailsTo(bob);
    const step = await beginLogin(visitor(), bob, { deviceToken });
    expect(step).toMatchObject({
      __typename: "LoginSuccess",
      deviceToken,
      session: { device: { label: session.device.label, trusted: false } },
    });
    expect(await mailsTo(bob)).toEqual(mails);
    const { me } = await client.ask("{ me { devices { device { label } loginCount } } }");
    expect(me.devices).toContainEqual({ device: { label: session.device.label }, loginCount: 2 });
  });

  it("may be confirmed on the waiting device, and also by a known device", async () => {
    const bob = await newResident();
    const input = { deviceToken: bob.client.deviceToken };
    const thief = visitor();
    for (let failure = 1; failure <= 3; failure++)
      await thief.refused(LOGIN_STEP, { input: { identifier: bob.email, password: newPassword(), ...input } });
    const { client, challenge, token, number } = await waitingLogin(app, bob, input);
    await client.ask(CONFIRM_LOGIN, { token, number });
    const login = await resumeLogin(client, challenge);
    expect(login).toMatchObject({ deviceToken: bob.client.deviceToken, session: { device: { trusted: false } } });
    expect((await eventsOf(bob)).slice(0, 2)).toEqual(["LOGIN_SUCCEEDED", "LOGIN_CONFIRMED"]);
  });
});

describe("a link is valid", () => {
  it("once: after a confirmation it can neither confirm nor deny again", async () => {
    const bob = await newResident();
    const { client, challenge, token, number } = await waitingLogin(app, bob);
    await visitor().ask(CONFIRM_LOGIN, { token, number });
    for (const operation of [CONFIRM_LOGIN, DENY_LOGIN])
      expect(await refusalOf(app, bob, () => visitor().refused(operation, { token, number }))).toMatchObject(
        INVALID_TOKEN,
      );
    await resumeLogin(client, challenge);
    expect(await refusalOf(app, bob, () => visitor().refused(DENY_LOGIN, { token }))).toMatchObject(INVALID_TOKEN);
  });

  it("not after a denial", async () => {
    const bob = await newResident();
    const { token, number } = await waitingLogin(app, bob);
    await visitor().ask(DENY_LOGIN, { token });
    for (const operation of [CONFIRM_LOGIN, DENY_LOGIN])
      expect(await refusalOf(app, bob, () => visitor().refused(operation, { token, number }))).toMatchObject(
        INVALID_TOKEN,
      );
  });

  it("for an hour, and so is a login that was confirmed", async () => {
    const bob = await newResident();
    const [early, confirmed, late] = [
      await waitingLogin(app, bob),
      await waitingLogin(app, bob),
      await waitingLogin(app, bob),
    ];
    app.clock.advance(HOUR - MINUTE);
    for (const { token, number } of [early, confirmed]) await visitor().ask(CONFIRM_LOGIN, { token, number });
    await resumeLogin(early.client, early.challenge);
    app.clock.advance(2 * MINUTE);
    for (const operation of [CONFIRM_LOGIN, DENY_LOGIN]) {
      const attempt = () => visitor().refused(operation, answerTo(late));
      expect(await refusalOf(app, bob, attempt)).toMatchObject(INVALID_TOKEN);
    }
    for (const { client, challenge } of [confirmed, late]) {
      const attempt = () => client.refused(RESUME_LOGIN, { challenge });
      expect(await refusalOf(app, bob, attempt)).toMatchObject(CHALLENGE_EXPIRED);
      expect(await statusOf(app, { challenge })).toBe("EXPIRED");
    }
    // Setting the clock back does not make expired ones valid again.
    app.clock.advance(-30_000);
    expect(await statusOf(app, late)).toBe("EXPIRED");
    app.clock.advance(30_000);
  });

  it("for its own login only: another pending one keeps waiting", async () => {
    const bob = await newResident();
    const [one, other] = [await waitingLogin(app, bob), await waitingLogin(app, bob)];
    await visitor().ask(CONFIRM_LOGIN, answerTo(one));
    expect([await statusOf(app, one), await statusOf(app, other)]).toEqual(["CONFIRMED", "WAITING"]);
    expect((await other.client.ask(RESUME_LOGIN, { challenge: other.challenge })).resumeLogin).toMatchObject({
      __typename: "LoginConfirmationRequired",
    });
    await resumeLogin(one.client, one.challenge);
  });
});

describe("instead of a link's token or a challenge", () => {
  it("no other token is accepted, nor the right one in the other field", async () => {
    const bob = await newResident();
    const { client, challenge, token, number } = await waitingLogin(app, bob);
    const other = await waitingLogin(app, await newResident());
    await visitor().ask(
      "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }",
      {
        email: bob.email,
      },
    );
    const reset = tokenIn(await app.mail.waitForMail({ to: bob.email, subject: "Choose a new password" }));
    const { startPasskeyLogin } = await visitor().ask("mutation { startPasskeyLogin { challenge } }");
    const [row] = await app.app.db.execute<{ challenge: string; link: string }>(sql`
      select c.id as challenge, l.id as link from login_challenges c join links l using (user_id)
      where user_id = ${bob.id}::uuid and l.purpose = 'confirm-login'`);
    const middle = Math.floor(token.length / 2);
    const tampered = token.slice(0, middle) + (token[middle] === "A" ? "B" : "A") + token.slice(middle + 1);
    const others = {
      "a link to reset": reset,
      "an access token": String(bob.client.accessToken),
      "a refresh token": String(bob.client.refreshToken),
      "a device token": String(bob.client.deviceToken),
      "the challenge of a passkey login": startPasskeyLogin.challenge,
      "the challenge's id": String(row?.challenge),
      "the link's id": String(row?.link),
      "the user's id": bob.id,
      "a tampered token": tampered,
      "a token with an extra letter": `${token}A`,
      "a truncated token": token.slice(0, -1),
      nothing: "",
    };
    for (const [what, value] of Object.entries({ ...others, "a challenge": challenge }))
      for (const operation of [CONFIRM_LOGIN, DENY_LOGIN]) {
        const attempt = () => visitor().refused(operation, { token: value, number });
        expect(await refusalOf(app, bob, attempt), what).toMatchObject(INVALID_TOKEN);
      }
    for (const [what, value] of Object.entries({ ...others, "a link to confirm": token }))
      for (const operation of [RESUME_LOGIN, PENDING_LOGIN]) {
        const attempt = () => visitor().refused(operation, { challenge: value });
        expect(await refusalOf(app, bob, attempt), what).toMatchObject(INVALID_TOKEN);
      }
    // Another login's link confirms only that login.
    await visitor().ask(CONFIRM_LOGIN, answerTo(other));
    expect(await statusOf(app, { challenge })).toBe("WAITING");
    await visitor().ask(CONFIRM_LOGIN, { token, number });
    await resumeLogin(client, challenge);
  });

  it("a login that waits for a second factor cannot be resumed", async () => {
    const bob = await newResident();
    const { authenticator } = await enableTotp(app, bob);
    waitForNewCode(app);
    const { challenge } = await beginLogin(visitor(), bob);
    expect(await statusOf(app, { challenge })).toBe("WAITING");
    const attempt = () => visitor().refused(RESUME_LOGIN, { challenge });
    expect(await refusalOf(app, bob, attempt)).toMatchObject({ code: "BAD_REQUEST" });
    await finishLogin(visitor(), VERIFY_TOTP, { challenge, code: authenticator.code(app.clock.now()) });
    expect(await statusOf(app, { challenge })).toBe("EXPIRED");
  });

  it("a login that waits for mail cannot be finished by a second factor, confirmed or not", async () => {
    const bob = await newResident();
    const { client, challenge, token, number } = await waitingLogin(app, bob);
    const refuseFactors = async () => {
      for (const operation of [VERIFY_TOTP, VERIFY_BACKUP_CODE, VERIFY_EMAIL_CODE]) {
        const attempt = () => client.refused(operation, { input: { challenge, code: "123456" } });
        expect(await refusalOf(app, bob, attempt)).toMatchObject({ code: "BAD_REQUEST" });
      }
      for (const operation of [SEND_EMAIL_CODE, START_PASSKEY_LOGIN]) {
        const attempt = () => client.refused(operation, { challenge });
        expect(await refusalOf(app, bob, attempt)).toMatchObject({ code: "BAD_REQUEST" });
      }
    };
    await refuseFactors();
    await visitor().ask(CONFIRM_LOGIN, { token, number });
    await refuseFactors();
    await resumeLogin(client, challenge);
  });
});

describe("a login that its user denies", () => {
  it("is void, with everything that the password gave access to, until the password is changed", async () => {
    const tenant = await createTenant(app);
    const [admin, bob] = [await createMember(app, tenant, "ADMIN"), await userWithHistory(app, tenant)];
    // Bob has two sessions, another pending login, another confirmed one, and two unused links.
    const second = await waitingLogin(app, bob);
    await visitor().ask(CONFIRM_LOGIN, answerTo(second));
    await resumeLogin(second.client, second.challenge);
    const [confirmed, waiting] = [await waitingLogin(app, bob), await waitingLogin(app, bob)];
    await visitor().ask(CONFIRM_LOGIN, answerTo(confirmed));
    await visitor().ask(
      "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }",
      {
        email: bob.email,
      },
    );
    const oldReset = tokenIn(await app.mail.waitForMail({ to: bob.email, subject: "Choose a new password" }));
    const newOne = newEmail();
    await bob.client.ask("mutation ($email: EmailAddress!) { changeEmail(input: { newEmail: $email }) { newEmail } }", {
      email: newOne,
    });
    const changeEmail = tokenIn(await app.mail.waitForMail({ to: newOne }));
    const address = newAddress();
    const denied = await waitingLogin(app, bob, { deviceName: "Not Bob's" }, address);

    const deniedAt = app.clock.now();
    const phone = visitor();
    const { data, headers } = await phone.send(DENY_LOGIN, { token: denied.token });
    expect(data).toEqual({ denyLogin: { endedSessionIds: endedSessionIds(2), passwordResetRequired: true } });
    expect(headers.getSetCookie()).toEqual([]);

    // The login is void, and the waiting client is informed; other pending logins must start again.
    expect(await statusOf(app, denied)).toBe("DENIED");
    const resume = ({ client, challenge }: WaitingLogin) => client.refused(RESUME_LOGIN, { challenge });
    expect(await refusalOf(app, bob, () => resume(denied))).toMatchObject(DENIED);
    for (const other of [confirmed, waiting]) {
      expect(await statusOf(app, other)).toBe("EXPIRED");
      expect(await refusalOf(app, bob, () => resume(other))).toMatchObject(CHALLENGE_EXPIRED);
    }

    // All sessions have ended immediately.
    for (const client of [bob.client, second.client]) {
      expect(await client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
      const token = client.refreshToken;
      expect(await visitor().refused(REFRESH, { token })).toMatchObject({ code: "INVALID_REFRESH_TOKEN" });
    }
    const { allSessions } = await admin.client.ask(
      "query ($id: ID!) { allSessions(filter: { userId: $id, active: false }) { nodes { endReason } } }",
      { id: bob.id },
    );
    expect(allSessions.nodes).toEqual(Array(2).fill({ endReason: "LOGIN_DENIED" }));

    // The password no longer works, and neither do the pending links.
    const input = { identifier: bob.email, password: bob.password };
    const knowing = await refusalOf(app, bob, () => visitor().refused(LOGIN_STEP, { input }));
    expect(knowing).toMatchObject({ code: "FORBIDDEN", reason: "PASSWORD_RESET_REQUIRED" });
    for (const attempt of [
      () => visitor().refused(RESET, { input: { token: oldReset, newPassword: newPassword() } }),
      () =>
        visitor().refused("mutation ($t: String!) { confirmEmailChange(input: { token: $t }) { email } }", {
          t: changeEmail,
        }),
      () => visitor().refused(CONFIRM_LOGIN, answerTo(waiting)),
    ])
      expect(await refusalOf(app, bob, attempt)).toMatchObject(INVALID_TOKEN);

    // The history contains where the login came from, and that it was denied.
    const { loginAttempts } = await admin.client.ask(
      "query ($id: ID!) { loginAttempts(filter: { userId: $id, outcome: DENIED }) { nodes { ipAddress device { label } } } }",
      { id: bob.id },
    );
    expect(loginAttempts.nodes).toEqual([{ ipAddress: address, device: { label: "Not Bob's" } }]);
    const { securityEvents } = await admin.client.ask(
      "query ($id: ID!) { securityEvents(filter: { userId: $id }) { nodes { type ipAddress device { label } ... on LoginDeniedEvent { endedSessionCount sessionId } } } }",
      { id: bob.id },
    );
    expect(securityEvents.nodes).toContainEqual({
      type: "LOGIN_DENIED",
      endedSessionCount: 2,
      sessionId: null,
      ipAddress: address,
      device: { label: "Not Bob's" },
    });
    const suspicious = await app.app.db.execute<{ network: string }>(
      sql`select network from denied_networks where denied_at >= ${deniedAt.toISOString()}::timestamptz`,
    );
    expect(suspicious.map(({ network }) => network)).toEqual([networkOf(address)]);

    // A mail explains how to recover.
    const mail = await app.mail.waitForMail({ to: bob.email, subject: SECURED_MAIL });
    expect(mail.text).toContain("2 sessions were ended.");
    const password = newPassword();
    await visitor().ask(RESET, { input: { token: tokenIn(mail), newPassword: password } });
    // Bob's devices are deleted, too, so from elsewhere each is a new one.
    const anew = await waitingLogin(app, { email: bob.email, password }, { deviceToken: bob.client.deviceToken });
    await visitor().ask(CONFIRM_LOGIN, answerTo(anew));
    expect(await resumeLogin(anew.client, anew.challenge)).toMatchObject({ user: { id: bob.id } });
    expect(await statusOf(app, denied)).toBe("DENIED");
  });

  it.each(["denied_networks", "login_attempts", "security_events", "links"])(
    "is denied completely or not at all: if %s cannot be written, nothing has changed",
    async (table) => {
      const bob = await newResident();
      const { challenge, token } = await waitingLogin(app, bob);
      const mails = await mailsTo(bob);
      const before = await snapshotOf(app, [bob]);
      await app.app.db.execute(`
        create function refuse() returns trigger language plpgsql as $$ begin raise 'No room.'; end $$;
        create trigger refuse before insert on ${table} for each row execute function refuse()`);
      try {
        expect(await visitor().refused(DENY_LOGIN, { token })).toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
      } finally {
        await app.app.db.execute("drop function refuse cascade");
      }
      expect(await snapshotOf(app, [bob])).toEqual(before);
      expect(await statusOf(app, { challenge })).toBe("WAITING");
      expect(await bob.client.ask("{ me { id } }")).toEqual({ me: { id: bob.id } });
      expect(await mailsTo(bob)).toEqual(mails);
      const { denyLogin } = await visitor().ask(DENY_LOGIN, { token });
      expect(denyLogin.endedSessionIds).toHaveLength(1);
      expect(await mailsTo(bob)).toEqual([...mails, SECURED_MAIL]);
    },
  );
});

const byId = (field: string) => `mutation ($id: ID!) { ${field}(input: { userId: $id }) { user { id } } }`;

/** Events that end waiting logins, caused by Bob or by the admin. */
const ENDINGS: Readonly<Record<string, (bob: SignedInUser, admin: SignedInUser) => Promise<unknown>>> = {
  "a new password": ({ client, password }) =>
    client.ask("mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }", {
      input: { currentPassword: password, newPassword: newPassword(), logout: "NONE" },
    }),
  "a password reset by mail": (bob) => resetPassword(app, bob, newPassword()),
  "a required password reset": ({ id }, admin) => admin.client.ask(byId("requirePasswordReset"), { id }),
  "a suspension": ({ id }, admin) => admin.client.ask(byId("suspendUser"), { id }),
  "a suspension that was lifted": async ({ id }, admin) => {
    await admin.client.ask(byId("suspendUser"), { id });
    await admin.client.ask(byId("reactivateUser"), { id });
  },
  "another address": async ({ client }) => {
    const email = newEmail();
    await client.ask("mutation ($email: EmailAddress!) { changeEmail(input: { newEmail: $email }) { newEmail } }", {
      email,
    });
    const token = tokenIn(await app.mail.waitForMail({ to: email }));
    await client.ask("mutation ($token: String!) { confirmEmailChange(input: { token: $token }) { email } }", {
      token,
    });
  },
  "a second factor turned on": (bob) => enableTotp(app, bob),
  "a second factor turned on and off": async (bob) => {
    await enableTotp(app, bob);
    await bob.client.ask(DISABLE_TOTP);
  },
  "the deletion of the account": ({ client, password }) =>
    client.ask("mutation ($password: String!) { deleteAccount(input: { password: $password }) { deletedUserId } }", {
      password,
    }),
};

describe("logins that wait for mail must start again after", () => {
  it.each(Object.entries(ENDINGS))("%s, confirmed or not", async (_, end) => {
    const tenant = await createTenant(app);
    const [admin, bob] = [await createMember(app, tenant, "ADMIN"), await userWithHistory(app, tenant)];
    const [waiting, confirmed] = [await waitingLogin(app, bob), await waitingLogin(app, bob)];
    await visitor().ask(CONFIRM_LOGIN, answerTo(confirmed));
    await end(bob, admin);
    const sessions = await sessionsOf(bob);
    for (const { client, challenge } of [waiting, confirmed]) {
      expect(await statusOf(app, { challenge })).toBe("EXPIRED");
      expect(await client.refused(RESUME_LOGIN, { challenge })).toMatchObject(CHALLENGE_EXPIRED);
    }
    for (const operation of [CONFIRM_LOGIN, DENY_LOGIN])
      expect(await visitor().refused(operation, answerTo(waiting))).toMatchObject(INVALID_TOKEN);
    expect(await sessionsOf(bob)).toEqual(sessions);
  });

  it("a suspension of the tenant, for as long as it lasts", async () => {
    const tenant = await createTenant(app);
    const bob = await userWithHistory(app, tenant);
    const { client, challenge, token, number } = await waitingLogin(app, bob);
    await visitor().ask(CONFIRM_LOGIN, { token, number });
    const setStatus = (status: "ACTIVE" | "SUSPENDED") =>
      app.app.db.update(tenants).set({ status }).where(eq(tenants.id, tenant.id));
    await setStatus("SUSPENDED");
    const attempt = () => client.refused(RESUME_LOGIN, { challenge });
    expect(await refusalOf(app, bob, attempt)).toMatchObject(CHALLENGE_EXPIRED);
    await setStatus("ACTIVE");
    await resumeLogin(client, challenge);
  });

  it("nothing that leaves the password unchanged, such as a logout on all devices", async () => {
    const bob = await newResident();
    const { client, challenge, token, number } = await waitingLogin(app, bob);
    await bob.client.ask("mutation { logoutAll { endedSessionIds } }");
    await visitor().ask(CONFIRM_LOGIN, { token, number });
    await resumeLogin(client, challenge);
  });
});

describe("the mail about a new device", () => {
  const newDevicesOf = async (person: SignedInUser): Promise<{ mails: number; events: number }> => ({
    mails: (await mailsTo(person)).filter((subject) => subject === NEW_DEVICE_MAIL).length,
    events: (await eventsOf(person)).filter((type) => type === "NEW_DEVICE").length,
  });

  it("is sent for every success on one, by password or second factor, with device, location and address", async () => {
    const bob = await newResident();
    expect(await newDevicesOf(bob)).toEqual({ mails: 1, events: 1 });
    const address = addressIn("Kuala Lumpur, Malaysia", app.app.geoip);
    const home = () => app.client({ "x-forwarded-for": address });
    await app.mail.waitForMail({ to: bob.email, subject: NEW_DEVICE_MAIL });
    await beginLogin(home(), bob, { deviceName: "Bob's new tablet" });
    const mail = await app.mail.waitForMail({ to: bob.email, subject: NEW_DEVICE_MAIL });
    for (const text of ["“unknown device”", "Kuala Lumpur, Malaysia", address]) expect(mail.text).toContain(text);
    expect(mail.text).not.toContain("tablet");
    expect(await newDevicesOf(bob)).toEqual({ mails: 2, events: 2 });

    const { authenticator } = await enableTotp(app, bob);
    waitForNewCode(app);
    const { challenge } = await beginLogin(home(), bob);
    expect(await newDevicesOf(bob)).toEqual({ mails: 2, events: 2 });
    await finishLogin(home(), VERIFY_TOTP, { challenge, code: authenticator.code(app.clock.now()) });
    expect(await newDevicesOf(bob)).toEqual({ mails: 3, events: 3 });
  });

  it("is not sent if the device is known, or the login was confirmed or failed", async () => {
    const bob = await newResident();
    const once = { mails: 1, events: 1 };
    await beginLogin(visitor(), bob, { deviceToken: bob.client.deviceToken });
    expect(await newDevicesOf(bob)).toEqual(once);
    await visitor().refused(LOGIN_STEP, { input: { identifier: bob.email, password: newPassword() } });
    const { client, challenge, token, number } = await waitingLogin(app, bob);
    await visitor().ask(CONFIRM_LOGIN, { token, number });
    await resumeLogin(client, challenge);
    expect(await newDevicesOf(bob)).toEqual(once);
  });
});
