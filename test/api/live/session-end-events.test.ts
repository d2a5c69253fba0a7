import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, openRaw, SECURITY_EVENTS } from "../../support/clients/live.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

it.each([1, 2])(
  "the end of the session closes the socket of %i subscriptions with the reason, without completing them first, because a client would disconnect before it receives 4401",
  async (count) => {
    const alice = await createUser(app);
    const raw = await openRaw(app.url);
    raw.send({ type: "connection_init", payload: { accessToken: alice.client.accessToken } });
    await eventually(() => raw.messages.length === 1, "the acknowledgement");
    for (let n = 1; n <= count; n++) raw.send({ id: `${n}`, type: "subscribe", payload: { query: SECURITY_EVENTS } });
    await eventually(() => app.app.securityEventFeed.followers === count, "the subscriptions");
    await alice.client.ask("mutation { logout { endedSessionId } }");

    expect(await raw.wait()).toMatchObject({ code: 4401, reason: "Session ended: LOGGED_OUT" });
    expect(raw.messages.slice(1)).toEqual([]);
    await eventually(() => app.app.securityEventFeed.followers === 0, "the end of them");
  },
);
