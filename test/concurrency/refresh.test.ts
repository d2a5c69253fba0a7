import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UntypedData } from "../support/clients/graphql.ts";
import { memberWith } from "../support/clients/narrow.ts";
import { createUser } from "../support/factories/tenants.ts";
import { type SignedInUser, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { createInstallation, type Installation, type ServerProcess } from "../support/servers/installation.ts";

const REFRESH =
  "mutation ($token: String!) { refreshToken(input: { refreshToken: $token }) { tokens { accessToken refreshToken } } }";
const ENDED = "{ sessionHistory { nodes { id endReason } } }";
const EVENTS = "{ securityEvents(first: 100) { nodes { type } } }";
const CALLERS = 50;

interface Server {
  client: ServerProcess["client"];
}

/** Presents the token in all calls concurrently, to each replica in turn. */
const refreshAtOnce = (servers: readonly Server[], token: string | null) =>
  Promise.all(
    Array.from({ length: CALLERS }, (_, n) =>
      (servers[n % servers.length] as Server).client().send(REFRESH, { token }),
    ),
  );

const successorsIn = (answers: readonly { data: UntypedData }[]): string[] =>
  answers.flatMap(({ data }) => data?.refreshToken?.tokens.refreshToken ?? []);

const refusalsIn = (answers: readonly { errors: readonly { extensions: UntypedData }[] }[]) =>
  answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.reason ?? extensions.code));

/** Another login of the same user, to observe the tested one. */
const onlookerOf = async (app: Server, { email, password }: SignedInUser) => {
  const client = app.client();
  const { login } = await client.ask(
    "mutation ($input: LoginInput!) { login(input: $input) { ... on LoginSuccess { tokens { accessToken } } } }",
    { input: { identifier: email, password } },
  );
  client.accessToken = memberWith("tokens", login).tokens.accessToken;
  return client;
};

describe("one refresh token, presented by fifty concurrent calls to two server processes", () => {
  let installation: Installation;
  let replicas: ServerProcess[];
  beforeAll(async () => {
    installation = await createInstallation();
    replicas = await Promise.all([installation.start(), installation.start()]);
  });
  afterAll(() => installation.stop());

  it("gives all of them the same successor, which works and is the only one", async () => {
    const [replica] = replicas as [ServerProcess];
    const { client } = await signUp({ client: replica.client, mail: installation.mail });
    for (let round = 0; round < 3; round++) {
      const answers = await refreshAtOnce(replicas, client.refreshToken);
      expect(refusalsIn(answers)).toEqual([]);
      const successors = new Set(successorsIn(answers));
      expect(successors.size).toBe(1);
      [client.refreshToken = null] = successors;
    }
    await client.ask("{ me { id } }");
  });
});

describe("a rotated refresh token that is reused after the grace period, on two replicas at the same moment", () => {
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

  it("ends the session, with one event and one mail", async () => {
    const alice = await createUser(app);
    const onlooker = await onlookerOf(app, alice);
    const spent = alice.client.refreshToken;
    const [successor] = successorsIn(await refreshAtOnce([app, replica], spent));
    app.clock.advance(10_000);
    const answers = await refreshAtOnce([app, replica], spent);
    expect(successorsIn(answers)).toEqual([]);
    expect(refusalsIn(answers)).toContain("TOKEN_REUSED");
    expect(await replica.client().refused(REFRESH, { token: successor })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
    expect(await alice.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    const { sessionHistory } = await onlooker.ask(ENDED);
    expect(sessionHistory.nodes).toContainEqual({ id: alice.sessionId, endReason: "TOKEN_REUSED" });
    const { securityEvents } = await onlooker.ask(EVENTS);
    expect(securityEvents.nodes.filter(({ type }: UntypedData) => type === "TOKEN_REUSED")).toHaveLength(1);
    await app.mail.waitForMail({ to: alice.email, subject: /session|signed out|secur/i });
  });

  it("still returns its successor if clocks differ by less than the grace period, and no longer after it", async () => {
    const { client } = await createUser(app);
    const spent = client.refreshToken;
    const [successor] = successorsIn([await client.send(REFRESH, { token: spent })]);
    app.clock.advance(-9_000);
    expect(successorsIn([await client.send(REFRESH, { token: spent })])).toEqual([successor]);
    // A clock set back must not extend the grace period.
    app.clock.advance(-2_000);
    expect(await client.refused(REFRESH, { token: spent })).toMatchObject({ reason: "TOKEN_REUSED" });
    app.clock.advance(11_000);
  });
});

describe("one refresh token, presented by fifty concurrent calls without a grace period", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: { REFRESH_GRACE_SECONDS: "0" } });
  });
  afterAll(() => app.stop());

  it("has one winner, and ends the session because the token may be stolen", async () => {
    const alice = await createUser(app);
    const onlooker = await onlookerOf(app, alice);
    const answers = await refreshAtOnce([app], alice.client.refreshToken);
    const successors = successorsIn(answers);
    expect(successors).toHaveLength(1);
    expect(refusalsIn(answers)).toHaveLength(CALLERS - 1);
    expect(await app.client().refused(REFRESH, { token: successors[0] })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
    const { sessionHistory } = await onlooker.ask(ENDED);
    expect(sessionHistory.nodes).toContainEqual({ id: alice.sessionId, endReason: "TOKEN_REUSED" });
  });

  it("is refreshed without a problem by a client that waits for each response", async () => {
    const { client } = await createUser(app);
    for (let round = 0; round < 5; round++) {
      const { refreshToken } = await client.ask(REFRESH, { token: client.refreshToken });
      client.refreshToken = refreshToken.tokens.refreshToken;
    }
    await client.ask("{ me { id } }");
  });
});
