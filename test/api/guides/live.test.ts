import { readFile } from "node:fs/promises";
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { MINUTE } from "#shared/durations";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { eventually } from "../../support/clients/live.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { REFRESH, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let blocks: string[];
beforeAll(async () => {
  app = await startTestApp();
  const section = await readFile(new URL("../../../docs/live-events.md", import.meta.url), "utf8");
  blocks = [...section.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);
});
afterAll(() => app.stop());

/** The exports of a block, with its imports and the parts left to the reader replaced by these. */
const run = (block: string, given: Readonly<Record<string, unknown>>): UntypedData => {
  const body = block.replace(/^import .*$/gm, "").replaceAll("wss://id.example.com", app.url.replace(/^http/, "ws"));
  const names = [...body.matchAll(/^export const (\w+)/gm)].map(([, name]) => name);
  const source = `${body.replaceAll("export const", "const")}\nreturn { ${names.join(", ")} };`;
  return new Function(...Object.keys(given), source)(...Object.values(given));
};

/** The guide's client for a signed-in user, as a browser runs it. */
const liveOf = (actor: SignedInUser) => {
  const shown: string[] = [];
  const inBrowser = (options: UntypedData) => createClient({ ...options, webSocketImpl: WebSocket });
  const exported = run(blocks[0] ?? "", {
    createClient: inBrowser,
    freshAccessToken: async () => {
      const { refreshToken } = await actor.client.ask(REFRESH, { token: actor.client.refreshToken });
      actor.client.accessToken = refreshToken.tokens.accessToken;
      actor.client.refreshToken = refreshToken.tokens.refreshToken;
      return refreshToken.tokens.accessToken;
    },
    showLogin: () => shown.push("login"),
  });
  return { ...exported, shown };
};

const rename = (actor: SignedInUser) =>
  actor.client.ask("mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { id } } }", {
    input: { username: `u${Math.random().toString(36).slice(2, 12)}`, password: actor.password },
  });

describe("the code under 'Live events'", () => {
  it("keeps following the account after the token expires, and shows the login when the session ends", async () => {
    const alice = await createMember(app, await createTenant(app));
    const { followAccount, shown } = liveOf(alice);
    const types: string[] = [];
    followAccount(({ type }: { type: string }) => types.push(type));
    await eventually(() => app.app.securityEventFeed.followers === 1, "the subscription");
    await rename(alice);
    await eventually(() => types.length === 1, "an event");

    app.clock.advance(16 * MINUTE);
    await eventually(() => app.app.securityEventFeed.followers === 0, "the end of the token");
    await eventually(() => app.app.securityEventFeed.followers === 1, "the next connection");
    await rename(alice);
    await eventually(() => types.length === 2, "an event on the new connection");
    expect(shown).toEqual([]);

    await alice.client.ask("mutation { logout { endedSessionId } }");
    await eventually(() => shown.length > 0, "the login");
    expect(types).toEqual(["USERNAME_CHANGED", "USERNAME_CHANGED"]);
    expect(shown).toEqual(["login"]);
  });

  it("lets Apollo Client subscribe", async () => {
    const alice = await createMember(app, await createTenant(app));
    const { live } = liveOf(alice);
    const given = { ApolloClient, ApolloLink, HttpLink, InMemoryCache, GraphQLWsLink, OperationTypeNode };
    const { makeApollo } = run(blocks[1] ?? "", given);
    const client = makeApollo(live, `${app.url}/graphql`);
    const types: string[] = [];
    const subscription = client
      .subscribe({ query: gql("subscription { securityEventOccurred { id type } }") })
      .subscribe({ next: ({ data }: UntypedData) => types.push(data.securityEventOccurred.type) });
    await eventually(() => app.app.securityEventFeed.followers === 1, "the subscription");
    await rename(alice);
    await eventually(() => types.length === 1, "an event");
    const { data } = await client.query({ query: gql("{ authSettings { __typename } }") });
    expect(data.authSettings.__typename).toBe("AuthSettings");
    subscription.unsubscribe();
    await live.dispose();
  });
});
