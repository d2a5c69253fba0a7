import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, openRaw, type RawSocket, SECURITY_EVENTS } from "../../support/clients/live.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { logIn, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let alice: SignedInUser;
beforeAll(async () => {
  app = await startTestApp();
  alice = await createUser(app);
});
afterAll(() => app.stop());

/** A socket of alice's with one valid subscription. */
const openWithSubscription = async (): Promise<RawSocket> => {
  const socket = await openRaw(app.url);
  socket.send({ type: "connection_init", payload: { accessToken: alice.client.accessToken } });
  await eventually(() => socket.messages.some(({ type }) => type === "connection_ack"), "the acknowledgement");
  const before = app.app.securityEventFeed.followers;
  socket.send({ id: "well", type: "subscribe", payload: { query: SECURITY_EVENTS } });
  await eventually(() => app.app.securityEventFeed.followers > before, "the subscription");
  return socket;
};

const CONDITION = "The field of a subscription may not be conditional";

it.each([
  ["a variable", "subscription ($b: Boolean!) { securityEventOccurred @include(if: $b) { id } }", CONDITION],
  ["a literal", "subscription { securityEventOccurred @skip(if: false) { id } }", CONDITION],
  ["an undeclared variable", "subscription { securityEventOccurred @include(if: $b) { id } }", CONDITION],
  ["no argument", "subscription { securityEventOccurred @include { id } }", CONDITION],
  [
    "an inline fragment",
    "subscription ($b: Boolean!) { ... @skip(if: $b) { securityEventOccurred { id } } }",
    CONDITION,
  ],
  [
    "a field in an inline fragment",
    "subscription ($b: Boolean!) { ... on Subscription { ... { securityEventOccurred @skip(if: $b) { id } } } }",
    CONDITION,
  ],
  [
    "a spread",
    "subscription ($b: Boolean!) { ...F @skip(if: $b) } fragment F on Subscription { securityEventOccurred { id } }",
    CONDITION,
  ],
  [
    "a fragment in a fragment",
    "subscription ($b: Boolean!) { ...F } fragment F on Subscription { ...G } fragment G on Subscription { securityEventOccurred @skip(if: $b) { id } }",
    CONDITION,
  ],
  ["a fragment that spreads itself", "subscription { ...F } fragment F on Subscription { ...F }", ""],
  ["a fragment that is missing", "subscription { ...F }", ""],
  ["two fields", "subscription { a: securityEventOccurred { id } b: securityEventOccurred { id } }", ""],
  ["introspection", "subscription { __typename }", ""],
  ["no field", "subscription", ""],
  ["an unknown type", "subscription ($b: Nothing) { securityEventOccurred { id } }", ""],
  [
    "a default of the wrong type",
    'subscription ($b: Boolean = "x") { securityEventOccurred { id @include(if: $b) } }',
    "",
  ],
  ["lone surrogates", 'subscription { loginProgressed(challenge: "\ud800") { status } }', ""],
  ["a prototype", 'subscription { loginProgressed(challenge: "__proto__") { __proto__ } }', ""],
])(
  "a subscription that is refused for %s does not affect the socket and its other subscriptions",
  async (_, query, message) => {
    const socket = await openWithSubscription();
    const logged = app.logs.length;
    socket.send({ id: "ill", type: "subscribe", payload: { query, variables: { b: true }, operationName: "" } });
    const answer = await eventually(() => socket.messages.find(({ id }) => id === "ill"), "the refusal");
    const errors = answer.type === "error" ? answer.payload : answer.payload.errors;
    expect(errors[0].extensions.code).toMatch(/^(BAD_REQUEST|BAD_USER_INPUT|INVALID_TOKEN)$/);
    expect(errors[0].message).toContain(message);
    expect(app.logs.slice(logged).join("")).not.toContain('"level":50');

    await logIn(app.client(), alice.email, alice.password);
    await eventually(() => socket.messages.some(({ id, type }) => id === "well" && type === "next"), "the event");
    expect(socket.closed).toBeNull();
    socket.socket.terminate();
  },
);
