import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { MINUTE } from "#shared/durations";
import { connect, eventually, followEvents, type LiveClient } from "../../support/clients/live.ts";
import { ENDINGS, endingScene } from "../../support/factories/session-ends.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";

/** With sockets open on the replica where the session ends, or on another one. */
const suite = (settings: Readonly<Record<string, string>>, elsewhere: boolean) => () => {
  let app: TestApp;
  let replica: TestApp;
  const opened: LiveClient[] = [];
  const open = async (actor: Parameters<typeof connect>[1]): Promise<LiveClient> => {
    const live = await connect(replica, actor);
    opened.push(live);
    return live;
  };

  beforeAll(async () => {
    app = await startTestApp({ settings });
    replica = elsewhere ? await startTestApp({ settings, replicaOf: app }) : app;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((live) => live.stop()));
  });
  afterAll(async () => {
    if (elsewhere) await replica?.stop();
    await app?.stop();
  });

  it.each(Object.entries(ENDINGS))("by %s", async (_, { code, reason, end }) => {
    const scene = await endingScene(app);
    const colleague = await createMember(app, await createTenant(app));
    const [live, silent, unconcerned] = [await open(scene.user), await open(scene.user), await open(colleague)];
    const followed = await followEvents(
      replica,
      live,
      "subscription { securityEventOccurred { type ... on SessionEndedEvent { sessionId } } }",
    );

    await end(scene);

    const why = reason === null ? {} : { reason: `Session ended: ${reason}` };
    expect(await live.wait()).toMatchObject({ code, ...why });
    // A socket without a subscription closes, too.
    expect(await silent.wait()).toMatchObject({ code, ...why });
    // So does a socket that is opened with the session's token afterwards.
    if (reason !== null) expect(await (await open(scene.user)).wait()).toMatchObject({ code, ...why });
    // An attacker may hold the session, so the close says only that it ended, not who ended it.
    const told = followed.results.map(({ data }) => data.securityEventOccurred);
    expect(
      told.filter(({ type, sessionId }) => type === "SESSION_ENDED" && sessionId === scene.user.sessionId),
    ).toEqual([]);
    expect(followed.results.flatMap(({ errors }) => errors)).toEqual([]);
    expect(unconcerned.closed).toBeNull();
    await eventually(() => replica.app.securityEventFeed.followers === 0, "the end of the subscription");
  });

  it("not when another session of the same user ends, which is an ordinary event", async () => {
    const scene = await endingScene(app);
    const live = await open(scene.user);
    const followed = await followEvents(replica, live);
    await scene.other.ask("mutation { logout { endedSessionId } }");
    await eventually(() => followed.results.length === 1);
    expect(followed.results[0]?.data.securityEventOccurred).toMatchObject({
      type: "SESSION_ENDED",
      user: { id: scene.user.id },
    });
    expect(live.closed).toBeNull();
  });

  it("and delivers no later events", async () => {
    const scene = await endingScene(app);
    const live = await open(scene.user);
    const followed = await followEvents(replica, live);
    await scene.user.client.ask("mutation { logout { endedSessionId } }");
    await scene.other.ask('mutation { updateProfile(input: { name: "Late" }) { user { id } } }');
    await scene.other.ask("mutation { logoutAll { endedSessionIds } }");
    await live.wait();
    expect(followed.results).toEqual([]);
  });

  it("with 4403 when the access token expires, after which clients reconnect with a fresh one", async () => {
    const alice = await createMember(app, await createTenant(app));
    const live = await open(alice);
    await followEvents(replica, live);
    app.clock.advance(16 * MINUTE);
    expect(await live.wait()).toMatchObject({ code: 4403 });
    expect((await (await open(alice)).wait()).code).toBe(4403);
    const { refreshToken } = await alice.client.ask(
      "mutation ($token: String!) { refreshToken(input: { refreshToken: $token }) { tokens { accessToken } } }",
      { token: alice.client.refreshToken },
    );
    alice.client.accessToken = refreshToken.tokens.accessToken;
    const again = await open(alice);
    await followEvents(replica, again);
    expect(again.closed).toBeNull();
  });
};

describe("a socket closes when its session ends", suite({}, false));
describeIf("redis", "a socket on another replica closes when its session ends", (url) =>
  suite({ REDIS_URL: url }, true)(),
);
