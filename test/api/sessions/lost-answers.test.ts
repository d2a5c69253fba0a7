import { afterAll, beforeAll, expect, it } from "vitest";
import { HOUR } from "#shared/durations";
import {
  AuthFailure,
  createAuth,
  type Fetch,
  type LoginSuccess,
  type TokenStorage,
} from "../../../src/client/index.ts";
import { memberWith } from "../../support/clients/narrow.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { LOGIN, newAddress } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

/** A network that loses the API's responses while `losing`; the requests arrive. */
const network = () => {
  const state = { losing: false, asked: 0 };
  const send: Fetch = async (url, init) => {
    state.asked += 1;
    const headers = { ...init.headers, "x-forwarded-for": address };
    const answer = await fetch(url, { ...init, headers } as unknown as RequestInit);
    await answer.clone().arrayBuffer();
    if (state.losing) throw new TypeError("The answer was lost.");
    return answer;
  };
  const address = newAddress();
  return Object.assign(state, { send });
};

const storage = (): TokenStorage & { readonly items: Map<string, string> } => {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
};

/**
 * An app that stores its refresh token itself: signed in, then refreshed without receiving the response, then closed for an hour.
 */
const loseAnswers = async (takeOver: (login: LoginSuccess) => LoginSuccess) => {
  const person = await createUser(app);
  const [kept, net] = [storage(), network()];
  const open = () => createAuth({ url: `${app.url}/graphql`, transport: "BODY", storage: kept, fetch: net.send });
  const auth = open();
  const answer = await app.client().ask(LOGIN, {
    input: { identifier: person.email, password: person.password, transport: "BODY" },
  });
  const login = memberWith("tokens", answer.login);
  await auth.accept(takeOver(login));
  auth.close();

  const again = open();
  net.losing = true;
  await expect(again.ready()).rejects.toThrow(AuthFailure);
  expect(net.asked).toBeGreaterThan(1);
  again.close();
  net.losing = false;
  app.clock.advance(HOUR);
  return { open, sessionId: login.session.id };
};

it("an app that did not receive the response to a refresh stays signed in when it retries an hour later", async () => {
  const { open, sessionId } = await loseAnswers((login) => login);
  const auth = open();
  expect(await auth.ready()).toMatchObject({ status: "SIGNED_IN", sessionId });
  auth.close();
  // It continues with the pair that it received.
  const later = open();
  expect(await later.ready()).toMatchObject({ status: "SIGNED_IN", sessionId });
  later.close();
});

it("the session ends if the login did not return the device token, because the refresh token then looks stolen", async () => {
  const { open } = await loseAnswers(({ tokens }) => ({ tokens }));
  const auth = open();
  expect(await auth.ready()).toMatchObject({ status: "SIGNED_OUT", reason: "TOKEN_REUSED" });
  auth.close();
});
