import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  answerTo,
  CONFIRM_LOGIN,
  DENY_LOGIN,
  denialToken,
  RESUME_LOGIN,
  resumeLogin,
  statusOf,
  userWithHistory,
  waitingLogin,
  wrongNumber,
} from "../support/clients/confirmations.ts";
import type { GraphQLAnswer, GraphQLClient, UntypedData } from "../support/clients/graphql.ts";
import { present } from "../support/clients/narrow.ts";
import { endedSessionIds } from "../support/factories/session-ends.ts";
import { createTenant } from "../support/factories/tenants.ts";
import { newAddress, REFRESH, type SignedInUser } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { readersOf } from "../support/servers/smtp.ts";

const ROUNDS = 5;

let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  replica = await startTestApp({ replicaOf: app });
});
afterAll(async () => {
  await replica?.stop();
  await app?.stop();
});

const newResident = async (): Promise<SignedInUser> => userWithHistory(app, await createTenant(app));

/** A client that calls one of the replicas. */
const visitor = (index: number): GraphQLClient =>
  (index % 2 === 0 ? app : replica).client({ "x-forwarded-for": newAddress() });

/** Sends this many calls concurrently, over both replicas. */
const atOnce = (count: number, operation: string, variables: Record<string, unknown>) =>
  Promise.all(Array.from({ length: count }, (_, index) => visitor(index).send(operation, variables)));

const granted = (answers: readonly GraphQLAnswer<UntypedData>[]): UntypedData[] =>
  answers.flatMap(({ data, errors }) => (errors.length === 0 ? Object.values<UntypedData>(data ?? {}) : []));

const refusals = (answers: readonly GraphQLAnswer<UntypedData>[]): string[] =>
  answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.reason ?? extensions.code));

const liveSessionsOf = async ({ id }: SignedInUser): Promise<number> =>
  (await app.app.db.execute(sql`select from sessions where user_id = ${id}::uuid and ended_at is null`)).length;

const countOf = async ({ id }: SignedInUser, type: string): Promise<number> =>
  (await app.app.db.execute(sql`select from security_events where user_id = ${id}::uuid and type = ${type}`)).length;

const mailsTo = async ({ email }: SignedInUser, subject: RegExp): Promise<number> => {
  const waiting = async () =>
    (await app.app.db.execute(sql`select from graphile_worker._private_jobs where payload ->> 'to' = ${email}`)).length;
  await expect.poll(waiting, { interval: 20 }).toBe(0);
  return app.mail.all().filter((mail) => readersOf(mail).includes(email) && subject.test(mail.subject ?? "")).length;
};

/** Expects that neither the access token nor the refresh token of a login is accepted, on either replica. */
const expectDead = async ({ tokens }: UntypedData): Promise<void> => {
  for (const index of [0, 1]) {
    const thief = visitor(index);
    thief.accessToken = tokens.accessToken;
    expect(await thief.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await visitor(index).refused(REFRESH, { token: tokens.refreshToken })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
  }
};

describe("twenty concurrent calls over two replicas", () => {
  it("confirm one login: it is confirmed once, and then resumed", async () => {
    const bob = await newResident();
    const { client, challenge, token, number } = await waitingLogin(app, bob);
    const answers = await atOnce(20, CONFIRM_LOGIN, { token, number });
    expect(granted(answers)).toHaveLength(1);
    expect(refusals(answers)).toEqual(Array(19).fill("INVALID_TOKEN"));
    expect(await countOf(bob, "LOGIN_CONFIRMED")).toBe(1);
    await resumeLogin(client, challenge);
  });

  it("deny one login: it is denied once, with one event and one mail", async () => {
    const bob = await newResident();
    const { token } = await waitingLogin(app, bob);
    const answers = await atOnce(20, DENY_LOGIN, { token });
    expect(granted(answers)).toEqual([{ endedSessionIds: endedSessionIds(1), passwordResetRequired: true }]);
    expect(refusals(answers)).toEqual(Array(19).fill("INVALID_TOKEN"));
    expect(await countOf(bob, "LOGIN_DENIED")).toBe(1);
    expect(await mailsTo(bob, /^Your account is safe again/)).toBe(1);
  });

  it("resume one login: one call gets the session", async () => {
    const bob = await newResident();
    const { challenge, token, number } = await waitingLogin(app, bob);
    await visitor(0).ask(CONFIRM_LOGIN, { token, number });
    const answers = await atOnce(20, RESUME_LOGIN, { challenge });
    expect(granted(answers)).toMatchObject([{ __typename: "LoginSuccess" }]);
    expect(refusals(answers)).toEqual(Array(19).fill("CHALLENGE_EXPIRED"));
    expect(await liveSessionsOf(bob)).toBe(2);
    expect(await countOf(bob, "LOGIN_SUCCEEDED")).toBe(2);
  });
});

describe("a confirmation and a denial of one login at the same moment", () => {
  it("have one winner, which decides the result", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const bob = await newResident();
      const login = await waitingLogin(app, bob);
      const { token, challenge, number } = login;
      const answers = await Promise.all(
        [CONFIRM_LOGIN, DENY_LOGIN, CONFIRM_LOGIN, DENY_LOGIN].map((operation, index) =>
          visitor(index + (round % 2)).send(operation, { token, number }),
        ),
      );
      expect(granted(answers)).toHaveLength(1);
      expect(refusals(answers)).toEqual(Array(3).fill("INVALID_TOKEN"));
      const confirmed = answers.some(({ data }) => data?.confirmLogin);
      expect(await statusOf(app, login)).toBe(confirmed ? "CONFIRMED" : "DENIED");
      expect([await countOf(bob, "LOGIN_CONFIRMED"), await countOf(bob, "LOGIN_DENIED")]).toEqual(
        confirmed ? [1, 0] : [0, 1],
      );
      expect(await liveSessionsOf(bob)).toBe(confirmed ? 1 : 0);
      const resumed = await login.client.send(RESUME_LOGIN, { challenge });
      expect(refusals([resumed])).toEqual(confirmed ? [] : ["LOGIN_DENIED"]);
    }
  });
});

describe("right and wrong numbers for one login at the same moment", () => {
  it("count as one answer: the login is confirmed or has ended, and the link is used", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const bob = await newResident();
      const login = await waitingLogin(app, bob);
      const numbers = [login.number, wrongNumber(login), login.number, wrongNumber(login)];
      const answers = await Promise.all(
        numbers.map((number, index) =>
          visitor(index + (round % 2)).send(CONFIRM_LOGIN, { ...answerTo(login), number }),
        ),
      );
      const confirmed = answers.some(({ data }) => data?.confirmLogin);
      expect(granted(answers)).toHaveLength(confirmed ? 1 : 0);
      expect(refusals(answers).toSorted()).toEqual(
        [...(confirmed ? [] : ["INVALID_CODE"]), ...Array(3).fill("INVALID_TOKEN")].toSorted(),
      );
      expect(await statusOf(app, login)).toBe(confirmed ? "CONFIRMED" : "EXPIRED");
      expect(await liveSessionsOf(bob)).toBe(1);
      expect(await countOf(bob, "LOGIN_DENIED")).toBe(0);
    }
  });

  it("count as one guess, however many are sent concurrently", async () => {
    const bob = await newResident();
    const login = await waitingLogin(app, bob);
    const answers = await atOnce(20, CONFIRM_LOGIN, { ...answerTo(login), number: wrongNumber(login) });
    expect(refusals(answers).toSorted()).toEqual(["INVALID_CODE", ...Array(19).fill("INVALID_TOKEN")].toSorted());
    expect(await statusOf(app, login)).toBe("EXPIRED");
  });
});

describe("the link about a new device", () => {
  it("denies once, in twenty concurrent calls", async () => {
    const bob = await newResident();
    const token = await denialToken(app, bob);
    const answers = await atOnce(20, DENY_LOGIN, { token });
    expect(granted(answers)).toEqual([{ endedSessionIds: endedSessionIds(1), passwordResetRequired: true }]);
    expect(refusals(answers)).toEqual(Array(19).fill("INVALID_TOKEN"));
    expect(await countOf(bob, "LOGIN_DENIED")).toBe(1);
    expect(await mailsTo(bob, /^Your account is safe again/)).toBe(1);
  });

  it("and the link about a pending login, used concurrently, leave no session, and each counts at most once", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const bob = await newResident();
      const [token, login] = [await denialToken(app, bob), await waitingLogin(app, bob)];
      const tokens = [token, login.token, token, login.token];
      const answers = await Promise.all(
        tokens.map((each, index) => visitor(index + (round % 2)).send(DENY_LOGIN, { token: each })),
      );
      const denials = granted(answers);
      // The first denial ends the session. A denial of the session also ends the pending login, and its link.
      expect(denials.map(({ endedSessionIds }) => endedSessionIds.length).toSorted()).toEqual(
        denials.length === 1 ? [1] : [0, 1],
      );
      expect(refusals(answers)).toEqual(Array(4 - denials.length).fill("INVALID_TOKEN"));
      expect(await countOf(bob, "LOGIN_DENIED")).toBe(denials.length);
      expect(await liveSessionsOf(bob)).toBe(0);
      expect(["DENIED", "EXPIRED"]).toContain(await statusOf(app, login));
    }
  });

  it("and a concurrent confirmation leave no session and no pending login", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const bob = await newResident();
      const [token, login] = [await denialToken(app, bob), await waitingLogin(app, bob)];
      const { challenge } = login;
      const [denial, confirmation, resumed] = await Promise.all([
        visitor(round).send(DENY_LOGIN, { token }),
        visitor(round + 1).send(CONFIRM_LOGIN, answerTo(login)),
        visitor(round).send(RESUME_LOGIN, { challenge }),
      ]);
      expect(denial.errors).toEqual([]);
      expect(["INVALID_TOKEN", undefined]).toContain(refusals([confirmation])[0]);
      expect(await liveSessionsOf(bob)).toBe(0);
      for (const opened of granted([resumed])) if (opened.tokens) await expectDead(opened);
      expect(refusals([await login.client.send(RESUME_LOGIN, { challenge })])).toEqual(["CHALLENGE_EXPIRED"]);
      const devices = await app.app.db.execute(sql`select from devices where user_id = ${bob.id}::uuid`);
      expect(devices.length).toBe(0);
    }
  });
});

describe("a denial that races with a login that was confirmed and is being resumed", () => {
  it("leaves no session and no token that works", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const bob = await newResident();
      const [confirmed, denied] = [await waitingLogin(app, bob), await waitingLogin(app, bob)];
      await visitor(0).ask(CONFIRM_LOGIN, answerTo(confirmed));
      const { challenge } = confirmed;
      const resumes = [0, 1, 2, 3].map((index) => visitor(index).send(RESUME_LOGIN, { challenge }));
      const [denial, ...resumed] = await Promise.all([
        visitor(round).send(DENY_LOGIN, { token: denied.token }),
        ...resumes,
      ]);
      expect(denial.errors).toEqual([]);
      expect(await liveSessionsOf(bob)).toBe(0);
      const opened = granted(resumed);
      expect(opened.length).toBeLessThanOrEqual(1);
      expect(present(denial.data).denyLogin.endedSessionIds).toHaveLength(1 + opened.length);
      for (const login of opened) await expectDead(login);
      for (const refusal of refusals(resumed)) expect(refusal).toBe("CHALLENGE_EXPIRED");
      expect(await bob.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    }
  });

  it("prevents the session if the denial is first, although the login was already confirmed", async () => {
    const bob = await newResident();
    const [confirmed, denied] = [await waitingLogin(app, bob), await waitingLogin(app, bob)];
    await visitor(0).ask(CONFIRM_LOGIN, answerTo(confirmed));
    const sent = await app.app.db.transaction(async (tx) => {
      await tx.execute(sql`select from users where id = ${bob.id}::uuid for update`);
      // The denial waits for the user's row first, then for the session that is being resumed.
      const denial = visitor(0).send(DENY_LOGIN, { token: denied.token });
      await expect.poll(lockWaiters, { interval: 10 }).toBe(1);
      const resumed = visitor(1).send(RESUME_LOGIN, { challenge: confirmed.challenge });
      await expect.poll(lockWaiters, { interval: 10 }).toBe(2);
      return { denial, resumed };
    });
    expect((await sent.denial).errors).toEqual([]);
    expect(refusals([await sent.resumed])).toEqual(["CHALLENGE_EXPIRED"]);
    expect(await liveSessionsOf(bob)).toBe(0);
  });

  const lockWaiters = async (): Promise<number> =>
    (
      await app.app.db.execute(sql`
        select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
    ).length;
});

describe("a login that races with the denial of another", () => {
  it("creates no lasting session with a correct password alone", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const bob = await newResident();
      const { token } = await waitingLogin(app, bob);
      const { deviceToken } = bob.client;
      const input = { identifier: bob.email, password: bob.password, deviceToken };
      const LOGIN =
        "mutation ($input: LoginInput!) { login(input: $input) { __typename ... on LoginSuccess { tokens { accessToken refreshToken } } } }";
      const [denial, ...logins] = await Promise.all([
        visitor(round).send(DENY_LOGIN, { token }),
        ...[0, 1, 2, 3].map((index) => visitor(index).send(LOGIN, { input })),
      ]);
      expect(denial.errors).toEqual([]);
      expect(await liveSessionsOf(bob)).toBe(0);
      for (const login of granted(logins)) await expectDead(login);
      for (const refusal of refusals(logins)) expect(refusal).toBe("PASSWORD_RESET_REQUIRED");
    }
  });
});
