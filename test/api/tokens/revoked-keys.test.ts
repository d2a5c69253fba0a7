import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { eventually, LiveClient } from "../../support/clients/live.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { REFRESH, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { WAIT } from "../../support/timeouts.ts";

const ME = "{ me { id } }";
const VALIDATE = "mutation ($token: String!) { validateToken(input: { token: $token }) { valid reason } }";

describe("a leaked signing key that is withdrawn", () => {
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

  const keyOf = (token: string | null): string => decodeProtectedHeader(token ?? "").kid ?? "";

  const seenFrom = (each: TestApp, { accessToken }: GraphQLClient): GraphQLClient => {
    const client = each.client();
    client.accessToken = accessToken;
    return client;
  };

  const refresh = async (each: TestApp, { client }: SignedInUser): Promise<void> => {
    const { refreshToken } = await each.client().ask(REFRESH, { token: client.refreshToken });
    client.accessToken = refreshToken.tokens.accessToken;
    client.refreshToken = refreshToken.tokens.refreshToken;
  };

  const publishedBy = async ({ url }: TestApp): Promise<string[]> => {
    const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as UntypedData;
    return keys.map(({ kid }: UntypedData) => kid);
  };

  it("invalidates its tokens on every replica, also verified ones, and clients refresh", async () => {
    const alice = await createUser(app);
    const stolen = alice.client.accessToken;
    const kid = keyOf(stolen);
    for (const each of [app, replica]) await seenFrom(each, alice.client).ask(ME);

    const signer = await app.app.signingKeys.revoke(kid);
    expect(signer.isNew).toBe(true);
    for (const each of [app, replica]) {
      const old = seenFrom(each, alice.client);
      await expect.poll(async () => (await old.send(ME)).errors[0]?.extensions.code, WAIT).toBe("UNAUTHENTICATED");
      expect(await each.client().ask(VALIDATE, { token: stolen })).toEqual({
        validateToken: { valid: false, reason: "BAD_SIGNATURE" },
      });
      expect(await publishedBy(each)).toEqual([signer.kid]);
    }
    for (const each of [replica, app]) {
      await refresh(each, alice);
      expect(keyOf(alice.client.accessToken)).toBe(signer.kid);
      for (const other of [app, replica]) await seenFrom(other, alice.client).ask(ME);
    }
  });

  it("closes the sockets that were opened with its tokens, on every replica", async () => {
    const alice = await createUser(app);
    const sockets = [app, replica].map(
      ({ url }) => new LiveClient(url, { params: { accessToken: alice.client.accessToken } }),
    );
    for (const socket of sockets) await socket.opened;
    await app.app.signingKeys.revoke(keyOf(alice.client.accessToken));
    for (const socket of sockets) await eventually(() => socket.closed, "the end of the socket");
  });

  it("does not affect the tokens of the other keys", async () => {
    const alice = await createUser(app);
    const before = keyOf(alice.client.accessToken);
    await app.app.signingKeys.rotate(0);
    app.clock.advance(61_000);
    await refresh(app, alice);
    const now = keyOf(alice.client.accessToken);
    expect(now).not.toBe(before);
    expect(await app.app.signingKeys.revoke(before)).toEqual({ kid: now, isNew: false });
    for (const each of [app, replica]) await seenFrom(each, alice.client).ask(ME);
    expect(await publishedBy(app)).toEqual([now]);
  });

  it("must exist: nothing happens for an unknown name", async () => {
    const before = await publishedBy(app);
    await expect(app.app.signingKeys.revoke("no-such-key")).rejects.toThrow(
      "The signing key no-such-key does not exist.",
    );
    expect(await publishedBy(app)).toEqual(before);
  });
});
