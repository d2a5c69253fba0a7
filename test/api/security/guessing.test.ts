import { randomInt } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loginLimits } from "#features/login/first-factors/password/login-limits";
import { HOUR, MINUTE, SECOND } from "#shared/durations";
import { logInConfirming } from "../../support/clients/confirmations.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { post } from "../../support/clients/raw.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newEmail, newPassword, type SignedInUser, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  replica = await startTestApp({ replicaOf: app });
});
afterAll(async () => {
  await replica.stop();
  await app.stop();
});

const anyAddress = () => `198.${randomInt(18, 20)}.${randomInt(256)}.${randomInt(1, 255)}`;
const from = (address: string, of: TestApp = app): GraphQLClient => of.client({ "x-forwarded-for": address });

const input = (identifier: string, password = newPassword(), deviceToken?: string | null) => ({
  input: { identifier, password, ...(deviceToken && { deviceToken }) },
});

const guess = (client: GraphQLClient, identifier: string, deviceToken?: string | null) =>
  client.refused(LOGIN, input(identifier, newPassword(), deviceToken));

const guessOften = async (client: GraphQLClient, identifier: string, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) await guess(client, identifier);
};

const LOCKED = { code: "RATE_LIMITED", reason: "ACCOUNT_LOCKED", status: 429 };

const attemptsOn = async (identifier: string): Promise<Record<string, number>> => {
  const rows = await app.app.db.execute<{ outcome: string; count: number }>(
    sql`select outcome, count(*)::int as count from login_attempts where identifier = ${identifier} group by outcome`,
  );
  return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
};

const LOCK_MAIL = /failed logins/i;

const locksMailedTo = (email: string): number =>
  app.mail.all().filter(({ to, subject }) => JSON.stringify(to).includes(email) && LOCK_MAIL.test(subject ?? ""))
    .length;

describe("guessing from one address", () => {
  it("ends after five, for fifteen minutes, with one mail; even the right password is refused", async () => {
    const alice = await createUser(app);
    const attacker = from(anyAddress());
    for (let i = 0; i < 5; i++)
      expect(await guess(attacker, alice.email)).toEqual({ code: "INVALID_CREDENTIALS", status: 401 });
    const refusal = await attacker.refused(LOGIN, input(alice.email, alice.password));
    expect(refusal).toMatchObject(LOCKED);
    expect(refusal.retryAfter).toBeGreaterThan(890);
    expect(refusal.retryAfter).toBeLessThanOrEqual(900);
    await guessOften(attacker, alice.email, 3);
    await app.mail.waitForMail({ to: alice.email, subject: LOCK_MAIL });

    app.clock.advance(14 * MINUTE + 50 * SECOND);
    expect(await attacker.refused(LOGIN, input(alice.email, alice.password))).toMatchObject(LOCKED);
    app.clock.advance(20 * SECOND);
    await logInConfirming(app, attacker, alice);
    expect(locksMailedTo(alice.email)).toBe(1);
    expect(await attemptsOn(alice.email)).toMatchObject({ FAILED: 5 });
  });

  it("gets Retry-After in a header, too", async () => {
    const headers = { "x-forwarded-for": anyAddress() };
    const identifier = newEmail();
    await guessOften(from(headers["x-forwarded-for"]), identifier, 5);
    const answer = await post(app, { query: LOGIN, variables: input(identifier) }, headers);
    expect(Number(answer.headers.get("retry-after"))).toBe(answer.errors[0]?.extensions.retryAfter);
  });

  it("does not lock out the owner at another address", async () => {
    const alice = await createUser(app);
    await guessOften(from(anyAddress()), alice.email, 6);
    await logInConfirming(app, from(anyAddress()), alice);
  });

  it("does not lock out the owner on a known device, even at the same address", async () => {
    const alice = await createUser(app);
    const address = anyAddress();
    const laptop = from(address);
    await logIn(laptop, alice.email, alice.password);
    await guessOften(from(address), alice.email, 6);
    expect(await from(address).refused(LOGIN, input(alice.email, alice.password))).toMatchObject(LOCKED);
    await logIn(laptop, alice.email, alice.password, { deviceToken: String(laptop.deviceToken) });
  });

  it("does not lock out the owner on a known device, even if the limit of the address is used up", async () => {
    const alice = await createUser(app);
    const address = anyAddress();
    for (let i = 0; i < 51; i++) await guess(from(address), newEmail());
    const refusal = await from(address).refused(LOGIN, input(alice.email, alice.password));
    expect(refusal).toEqual({ code: "RATE_LIMITED", status: 429, retryAfter: expect.any(Number) });
    await logIn(from(address), alice.email, alice.password, { deviceToken: String(alice.client.deviceToken) });
  });

  it("can continue after five attempts elsewhere without locking the owner out everywhere", async () => {
    const alice = await createUser(app);
    const attacker = from(anyAddress());
    await guessOften(attacker, alice.email, 5);
    for (let i = 0; i < 30; i++) {
      app.clock.advance(3 * SECOND);
      expect(await guess(attacker, alice.email)).toMatchObject(LOCKED);
    }
    await logInConfirming(app, from(anyAddress()), alice);
  });

  it("on a known device counts for that device, so a thief of the device has five guesses, too", async () => {
    const alice = await createUser(app);
    for (let i = 0; i < 5; i++)
      expect(await guess(from(anyAddress()), alice.email, alice.client.deviceToken)).toMatchObject({
        code: "INVALID_CREDENTIALS",
      });
    expect(await guess(from(anyAddress()), alice.email, alice.client.deviceToken)).toMatchObject(LOCKED);
  });

  it("on a known device ends after a hundred: from then on the device counts as unknown", async () => {
    const alice = await createUser(app);
    const token = alice.client.deviceToken;
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 5 }, () => guess(from(anyAddress()), alice.email, token)));
      app.clock.advance(15 * MINUTE + SECOND);
    }
    expect((await attemptsOn(alice.email)).FAILED).toBe(100);

    const thief = from(anyAddress());
    for (let i = 0; i < 5; i++) await guess(thief, alice.email, token);
    expect(await guess(thief, alice.email)).toMatchObject(LOCKED);
    for (let i = 0; i < 25; i++) await guess(from(anyAddress()), alice.email, token);
    const owner = from(anyAddress());
    expect(await owner.refused(LOGIN, input(alice.email, alice.password, token))).toMatchObject(LOCKED);

    app.clock.advance(61 * MINUTE);
    const { deviceToken } = await logInConfirming(app, owner, alice, { deviceToken: String(token) });
    expect(deviceToken).not.toBe(token);
  });

  it("on a known device is limited to five, by address and username together", async () => {
    const username = `alice_${randomInt(1e9)}`;
    const alice = await createUser(app, { username });
    const token = alice.client.deviceToken;
    for (const identifier of [alice.email, username, alice.email, username, alice.email])
      expect(await guess(from(anyAddress()), identifier, token)).toMatchObject({ code: "INVALID_CREDENTIALS" });
    expect(await guess(from(anyAddress()), username, token)).toMatchObject(LOCKED);
  });

  it("does not benefit from device tokens of others, or invented ones", async () => {
    const [alice, mallory] = [await createUser(app), await createUser(app)];
    const attacker = from(anyAddress());
    const tokens = [mallory.client.deviceToken, "x", "A".repeat(43), "", "B".repeat(43)];
    for (const token of tokens) await guess(attacker, alice.email, token);
    for (const token of tokens) expect(await guess(attacker, alice.email, token)).toMatchObject(LOCKED);
  });

  it("does not benefit from other spellings of the identifier", async () => {
    const alice = await createUser(app, { username: `Alice_${randomInt(1e9)}` });
    const attacker = from(anyAddress());
    const spellings = [
      alice.email,
      alice.email.toUpperCase(),
      ` ${alice.email}`,
      `${alice.email} `,
      alice.email.replace("e", "E"),
    ];
    for (const spelling of spellings) await guess(attacker, spelling);
    expect(await guess(attacker, alice.email)).toMatchObject(LOCKED);
  });

  it("does not count right passwords: frequent logins are not locked", async () => {
    const alice = await createUser(app);
    const address = anyAddress();
    for (let i = 0; i < 8; i++) {
      await guessOften(from(address), alice.email, 2);
      await logInConfirming(app, from(address), alice);
    }
  });
});

describe("guessing from many addresses", () => {
  it("in one IPv6 network counts as guessing from one address", async () => {
    const alice = await createUser(app);
    const network = `2001:db8:${randomInt(65_536).toString(16)}:1`;
    for (let i = 1; i <= 5; i++) await guess(from(`${network}::${i}`), alice.email);
    expect(await guess(from(`${network}:ffff:ffff:ffff:ffff`), alice.email)).toMatchObject(LOCKED);
    expect(await guess(from(`${network.slice(0, -1)}2::1`), alice.email)).toMatchObject({
      code: "INVALID_CREDENTIALS",
    });
  });

  it("with IPv4-mapped IPv6 forms of one address counts as guessing from one address", async () => {
    const alice = await createUser(app);
    const address = anyAddress();
    await guessOften(from(address), alice.email, 3);
    await guessOften(from(`::ffff:${address}`), alice.email, 2);
    expect(await guess(from(address), alice.email)).toMatchObject(LOCKED);
  });

  it("ends after thirty in an hour; the known device still gets in", async () => {
    const alice = await createUser(app);
    for (let i = 0; i < 30; i++)
      expect(await guess(from(anyAddress()), alice.email)).toMatchObject({ code: "INVALID_CREDENTIALS" });
    expect(await from(anyAddress()).refused(LOGIN, input(alice.email, alice.password))).toMatchObject({
      code: "RATE_LIMITED",
    });
    await logInConfirming(app, from(anyAddress()), alice, { deviceToken: String(alice.client.deviceToken) });
    expect(await attemptsOn(alice.email)).toMatchObject({ FAILED: 30 });
  });

  it("is limited to a hundred in a row, however long it takes, until the owner logs in or resets the password", async () => {
    const alice = await createUser(app);
    for (let hours = 0; hours < 6; hours++) {
      await Promise.all(Array.from({ length: 32 }, () => guess(from(anyAddress()), alice.email)));
      app.clock.advance(61 * MINUTE);
    }
    const { FAILED = 0 } = await attemptsOn(alice.email);
    expect(FAILED).toBeLessThanOrEqual(100);
    expect(FAILED).toBeGreaterThanOrEqual(90);
    app.clock.advance(30 * 24 * HOUR);
    expect(await from(anyAddress()).refused(LOGIN, input(alice.email, alice.password))).toMatchObject({
      code: "RATE_LIMITED",
    });

    await app
      .client()
      .ask("mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }", {
        email: alice.email,
      });
    const mail = await app.mail.waitForMail({ to: alice.email, subject: /new password/i });
    const token = tokenIn(mail);
    const password = newPassword();
    await app
      .client()
      .ask("mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }", {
        input: { token, newPassword: password },
      });
    await logIn(from(anyAddress()), alice.email, password);
  });
});

describe("one account with two names", () => {
  const named = async () => {
    const username = `alice_${randomInt(1e9)}`;
    return { ...(await createUser(app, { username })), username };
  };

  it("has one limit at one address, for e-mail address and username together", async () => {
    const alice = await named();
    const attacker = from(anyAddress());
    for (const identifier of [alice.email, alice.username, alice.email, alice.username, alice.email])
      expect(await guess(attacker, identifier)).toMatchObject({ code: "INVALID_CREDENTIALS" });
    expect(await guess(attacker, alice.username)).toMatchObject(LOCKED);
    expect(await guess(attacker, alice.email)).toMatchObject(LOCKED);
  });

  it("has thirty guesses an hour over all addresses, for e-mail address and username together", async () => {
    const alice = await named();
    for (let i = 0; i < 30; i++)
      expect(await guess(from(anyAddress()), i % 2 ? alice.email : alice.username)).toMatchObject({
        code: "INVALID_CREDENTIALS",
      });
    for (const identifier of [alice.email, alice.username])
      expect(await from(anyAddress()).refused(LOGIN, input(identifier, alice.password))).toMatchObject(LOCKED);
  });

  it("has a hundred guesses in a row, for e-mail address and username together", async () => {
    const alice = await named();
    for (let hours = 0; hours < 6; hours++) {
      await Promise.all(
        Array.from({ length: 32 }, (_, i) => guess(from(anyAddress()), i % 2 ? alice.email : alice.username)),
      );
      app.clock.advance(61 * MINUTE);
    }
    const [{ failed } = { failed: 0 }] = await app.app.db.execute<{ failed: number }>(
      sql`select count(*)::int as failed from login_attempts where user_id = ${alice.id}::uuid and outcome = 'FAILED'`,
    );
    expect(failed).toBeLessThanOrEqual(100);
    expect(failed).toBeGreaterThanOrEqual(90);
  });

  it("resets the count for both names when the owner logs in", async () => {
    const alice = await named();
    const address = anyAddress();
    for (const identifier of [alice.email, alice.username]) await guessOften(from(address), identifier, 2);
    await logInConfirming(app, from(address), alice);
    await guessOften(from(address), alice.username, 4);
    await logInConfirming(app, from(address), alice);
  });
});

describe("an attacker with a whole IPv6 network", () => {
  const prefix = () => `2001:db8:${randomInt(65_536).toString(16)}`;

  /** Uses up most of a network's budget, like this many failed logins with unknown names from different /64 networks. */
  const fill = async (addressOf: (index: number) => string, failures: number): Promise<void> => {
    for (let i = 0; i < failures; i++) {
      const { all } = loginLimits({
        subject: { digest: newEmail() },
        ipAddress: addressOf(i),
        knownDevice: null,
        installation: null,
      });
      expect((await app.app.limits.consume(app.app.db, all)).exceeded).toBeNull();
    }
  };

  it.each([
    ["a /56", 200, (network: string) => (i: number) => `${network}:12${(i % 250).toString(16).padStart(2, "0")}::1`],
    ["a /48", 800, (network: string) => (i: number) => `${network}:${(i * 61).toString(16)}::1`],
  ])("has no more guesses from %s than its budget, and locks no other client out", async (_name, budget, addresses) => {
    const network = prefix();
    const addressOf = addresses(network);
    await fill(addressOf, budget - 2);
    const [alice, bob] = [await createUser(app), await createUser(app)];
    for (const { email } of [alice, bob])
      expect(await guess(from(addressOf(budget - 2)), email)).toMatchObject({ code: "INVALID_CREDENTIALS" });

    const neighbour = addressOf(budget - 1);
    const refused = { code: "RATE_LIMITED", status: 429, retryAfter: expect.any(Number) };
    expect(await guess(from(neighbour), newEmail())).toEqual(refused);
    expect(await from(neighbour).refused(LOGIN, input(alice.email, alice.password))).toEqual(refused);
    await logIn(from(neighbour), alice.email, alice.password, { deviceToken: String(alice.client.deviceToken) });
    await logInConfirming(app, from(`${prefix()}:1::1`), bob);
  });

  it("does not lock out unknown devices elsewhere, however many budgets it uses up", async () => {
    const network = prefix();
    await fill((i) => `${network}:${(i * 61).toString(16)}::1`, 800);
    const alice = await createUser(app);
    // One for each of the sixteen parts of the former limit over the whole installation.
    for (let i = 0; i < 16; i++) await logInConfirming(app, from(anyAddress()), alice);
  });
});

describe("the limit over the whole installation", () => {
  it("is off by default; if it is set, it refuses unknown devices and alerts", async () => {
    const settings = { LOGIN_FAILURES_PER_MINUTE: "32", LOGIN_ALERT_PER_MINUTE: "10", LOG_LEVEL: "warn" };
    const netted = await startTestApp({ settings, replicaOf: app });
    const alice = await createUser(app);
    const refusals: unknown[] = [];
    for (let i = 0; i < 40; i++) {
      const answer = await guess(from(anyAddress(), netted), newEmail());
      if (answer.code === "RATE_LIMITED") refusals.push(answer);
    }
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals[0]).toEqual({ code: "RATE_LIMITED", status: 429, retryAfter: expect.any(Number) });
    const alerts = netted.logs.filter((line) => line.includes("many logins failed"));
    expect(alerts.length).toBeGreaterThan(0);
    expect(await (await fetch(`${netted.url}/metrics`)).text()).toMatch(/portcullis_login_floods_total [1-9]/);
    await logIn(from(anyAddress(), netted), alice.email, alice.password, {
      deviceToken: String(alice.client.deviceToken),
    });
    await logInConfirming(app, from(anyAddress()), alice);
    await netted.stop();
  });
});

describe("one password over many accounts", () => {
  it("ends after fifty for the address, and affects no other client", async () => {
    const alice = await createUser(app);
    const address = anyAddress();
    for (let i = 0; i < 50; i++)
      expect(await guess(from(address), newEmail())).toMatchObject({ code: "INVALID_CREDENTIALS" });
    const refusal = await guess(from(address), newEmail());
    expect(refusal).toEqual({ code: "RATE_LIMITED", status: 429, retryAfter: expect.any(Number) });
    await logIn(from(anyAddress()), alice.email, alice.password);
  });
});

describe("concurrent guesses", () => {
  it("over two replicas are limited: of a hundred, five are verified", async () => {
    const alice = await createUser(app);
    const address = anyAddress();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => guess(from(address, i % 2 ? app : replica), alice.email)),
    );
    const weighed = answers.filter(({ code }) => code === "INVALID_CREDENTIALS").length;
    expect(weighed).toBeLessThanOrEqual(5);
    expect(answers.filter(({ code }) => code === "RATE_LIMITED").length).toBe(100 - weighed);
    expect((await attemptsOn(alice.email)).FAILED).toBe(weighed);
    await app.mail.waitForMail({ to: alice.email, subject: LOCK_MAIL });
    expect(locksMailedTo(alice.email)).toBe(1);
  });

  it("with right passwords all succeed", async () => {
    const alice = await createUser(app);
    const address = anyAddress();
    await Promise.all(Array.from({ length: 10 }, () => logIn(from(address), alice.email, alice.password)));
  });

  it("with right passwords from one address all succeed, however many users share it", async () => {
    const address = anyAddress();
    const people = await Promise.all(Array.from({ length: 14 }, () => createUser(app)));
    const logins = people.flatMap((person) => Array.from({ length: 5 }, () => person));
    await Promise.all(logins.map(({ email, password }) => logIn(from(address), email, password)));
  });

  it("of the user's own password with a stolen session are limited to ten, over two replicas", async () => {
    const alice = await createUser(app);
    const thief = (of: TestApp) => {
      const client = of.client();
      client.accessToken = alice.client.accessToken;
      return client;
    };
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        thief(i % 2 ? app : replica).refused(
          "mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { accessToken } }",
          {
            input: { password: newPassword() },
          },
        ),
      ),
    );
    const codes = answers.map(({ code }) => code);
    expect(codes.filter((code) => code === "FORBIDDEN").length).toBeLessThanOrEqual(10);
    expect(codes.filter((code) => code !== "FORBIDDEN" && code !== "UNAUTHENTICATED")).toEqual([]);
  });
});

describe("a huge password", () => {
  const hashes = async (): Promise<number> => {
    const text = await (await fetch(`${app.url}/metrics`)).text();
    return Number(/portcullis_password_hash_seconds_count\{phase="running"\} (\d+)/.exec(text)?.[1] ?? 0);
  };

  it.each([1_025, 60_000])(
    "of %i characters is refused before it is hashed, in every field for a password",
    async (length) => {
      const alice = await createUser(app);
      const before = await hashes();
      const huge = "x".repeat(length);
      expect(await from(anyAddress()).refused(LOGIN, input(alice.email, huge))).toMatchObject({
        code: "INVALID_CREDENTIALS",
      });
      for (const [operation, value] of [
        ["mutation ($p: String!) { reauthenticate(input: { password: $p }) { accessToken } }", "FORBIDDEN"],
        ["mutation ($p: String!) { deleteAccount(input: { password: $p }) { deletedUserId } }", "FORBIDDEN"],
        [
          'mutation ($p: String!) { changePassword(input: { currentPassword: $p, newPassword: "quite another one 7" }) { endedSessions { id } } }',
          "FORBIDDEN",
        ],
        [
          'mutation ($p: String!) { changePassword(input: { currentPassword: "x", newPassword: $p }) { endedSessions { id } } }',
          "BAD_REQUEST",
        ],
        [
          'mutation ($p: String!) { register(input: { email: "huge@example.com", password: $p }) { next } }',
          "BAD_REQUEST",
        ],
      ] as const)
        expect(await alice.client.refused(operation, { p: huge }), operation).toMatchObject({ code: value });
      expect(await hashes()).toBe(before);
    },
  );

  it("of a megabyte is not even read", async () => {
    const { status } = await post(app, { query: LOGIN, variables: input(newEmail(), "x".repeat(1_000_000)) });
    expect(status).toBe(413);
  });
});

describe("X-Forwarded-For", () => {
  const addressSeen = async (of: TestApp, header: string, alice: SignedInUser): Promise<string> => {
    const client = of.client({ "x-forwarded-for": header });
    await logIn(client, alice.email, alice.password);
    const { sessions } = await client.ask("{ sessions { current ipAddress } }");
    return sessions.find(({ current }) => current)?.ipAddress ?? "";
  };

  it.each([
    ["0", "127.0.0.1"],
    ["1", "203.0.113.3"],
    ["2", "203.0.113.2"],
  ])("is trusted for %s hops and no more", async (hops, seen) => {
    const of = await startTestApp({ settings: { TRUSTED_PROXY_HOPS: hops }, replicaOf: app });
    const alice = await createUser(app);
    expect(await addressSeen(of, "203.0.113.1, 203.0.113.2, 203.0.113.3", alice)).toBe(seen);
    await of.stop();
  });

  it("that is forged does not bypass a lock", async () => {
    const of = await startTestApp({ settings: { TRUSTED_PROXY_HOPS: "0" }, replicaOf: app });
    const identifier = newEmail();
    for (let i = 0; i < 5; i++) await guess(of.client({ "x-forwarded-for": anyAddress() }), identifier);
    expect(
      await guess(
        of.client({
          "x-forwarded-for": anyAddress(),
          forwarded: "for=203.0.113.9",
          "x-real-ip": "203.0.113.9",
          "x-client-ip": "203.0.113.9",
        }),
        identifier,
      ),
    ).toMatchObject(LOCKED);
    await of.stop();
  });

  it("with the attacker's own entry counts as the trusted proxy reported it", async () => {
    const [identifier, address] = [newEmail(), anyAddress()];
    for (let i = 0; i < 5; i++) await guess(from(`${anyAddress()}, ${address}`), identifier);
    expect(await guess(from(`${anyAddress()}, ${address}`), identifier)).toMatchObject(LOCKED);
  });

  it.each([
    ["203.0.113.9:5678", "203.0.113.9"],
    ["[2001:DB8:0::9]:443", "2001:db8::9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["unknown", "127.0.0.1"],
    ["203.0.113.1, _hidden", "127.0.0.1"],
  ])("in any spelling means the same address: %j", async (header, seen) => {
    expect(await addressSeen(app, header, await createUser(app))).toBe(seen);
  });

  it.each([
    "garbage",
    "",
    ",",
    "1.2.3.4:5678",
    "[2001:db8::1]:443",
    "2001:db8::1%eth0",
    "999.1.1.1",
    "x".repeat(5_000),
    "<script>",
  ])("without a valid address is not an internal error: %j", async (header) => {
    const alice = await createUser(app);
    const client = from(header);
    await logIn(client, alice.email, alice.password);
    expect(await guess(client, alice.email)).toMatchObject({ code: "INVALID_CREDENTIALS" });
  });
});
