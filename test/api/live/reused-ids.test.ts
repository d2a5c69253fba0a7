import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, openRaw, SECURITY_EVENTS } from "../../support/clients/live.ts";
import { createUser } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let alice: SignedInUser;
beforeAll(async () => {
  app = await startTestApp();
  alice = await createUser(app);
});
afterAll(() => app.stop());

const SUBSCRIBE = { id: "1", type: "subscribe", payload: { query: SECURITY_EVENTS } };
const COMPLETE = { id: "1", type: "complete" };

const open = async () => {
  const raw = await openRaw(app.url);
  raw.send({ type: "connection_init", payload: { accessToken: alice.client.accessToken } });
  await eventually(() => raw.messages.length > 0, "the acknowledgement");
  return raw;
};

it("a subscription that is completed and started again while it is still starting leaves nothing behind: 4409", async () => {
  const raw = await open();
  for (let n = 0; n < 10; n++) for (const message of [SUBSCRIBE, COMPLETE]) raw.send(message);
  raw.send(SUBSCRIBE);
  expect((await raw.wait()).code).toBe(4409);
  await eventually(() => app.app.securityEventFeed.followers === 0, "the end of them all");
});

it("a completed subscription frees its id for another", async () => {
  const raw = await open();
  for (let n = 0; n < 3; n++) {
    raw.send(SUBSCRIBE);
    await eventually(() => app.app.securityEventFeed.followers === 1, "the beginning");
    raw.send(COMPLETE);
    await eventually(() => app.app.securityEventFeed.followers === 0, "the end");
  }
  expect(raw.closed).toBeNull();
  raw.socket.terminate();
});
