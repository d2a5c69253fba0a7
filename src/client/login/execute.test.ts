import { expect, it } from "vitest";
import { FakeApi } from "../../../test/support/clients/fake-api.ts";
import { FakeBrowser } from "../../../test/support/clients/fake-browser.ts";
import { errorOf } from "../errors.ts";
import type { Fetch } from "../globals.ts";
import { sender } from "./execute.ts";
import { loginErrorOf } from "./failures.ts";
import { currentUser, loginStep } from "./operations.ts";

/** A page whose own operations are answered by `answer`; the helpers' are those of `FakeApi`. */
const open = (answer: (token: string | null, body: { readonly operationName: string }) => unknown) => {
  const api = new FakeApi();
  const requests: (string | null)[] = [];
  const fetch: Fetch = async (url, init) => {
    const body = JSON.parse(init.body);
    if (body.operationName === "RefreshTokens") return api.fetch(url, init);
    const token = init.headers.authorization?.replace("Bearer ", "") ?? null;
    requests.push(token);
    const response = answer(token, body);
    return { status: 200, json: async () => response };
  };
  const { auth } = new FakeBrowser(fetch).open({ transport: "COOKIE" });
  return { api, auth, requests, send: sender(auth) };
};

it("sends the user's operations with their token, and repeats one with a new token", async () => {
  const { api, auth, requests, send } = open((token) =>
    api.accepts(token)
      ? { data: { payload: { id: "user-1" } } }
      : { data: null, errors: [{ message: "", extensions: { code: "UNAUTHENTICATED" } }] },
  );
  await auth.accept(api.logIn("session-1"));
  expect(await send(currentUser())).toEqual({ id: "user-1" });
  api.expireAccessTokens();
  expect(await send(currentUser())).toEqual({ id: "user-1" });
  expect(requests).toHaveLength(3);
  expect(requests[2]).not.toBe(requests[1]);
});

it("sends a login without a token, even if an old one is stored", async () => {
  const { api, auth, requests, send } = open(() => ({ data: { payload: { __typename: "LoginSuccess" } } }));
  await auth.accept(api.logIn("session-1"));
  await send(loginStep("login", {}));
  expect(requests).toEqual([null]);
});

it("throws the API's errors for errorOf, and any other failure as NO_ANSWER", async () => {
  let response: unknown = {
    data: null,
    errors: [{ message: "No.", extensions: { code: "RATE_LIMITED", retryAfter: 7 } }],
  };
  const { send } = open(() => response);
  const refused = await send(loginStep("login", {})).catch((thrown: unknown) => thrown);
  expect(errorOf(refused)).toMatchObject({ code: "RATE_LIMITED", retryAfter: 7 });
  response = "<html>";
  const failed = await send(loginStep("login", {})).catch((thrown: unknown) => thrown);
  expect(loginErrorOf(failed)).toMatchObject({ code: "NO_ANSWER" });
});

it("reports the code with which the API refused new tokens", async () => {
  const { api, send } = open(() => ({ data: { payload: null } }));
  api.outage = { code: "SERVICE_UNAVAILABLE", retryAfter: 3 };
  const failed = await send(currentUser()).catch((thrown: unknown) => thrown);
  expect(loginErrorOf(failed)).toMatchObject({ code: "SERVICE_UNAVAILABLE", retryAfter: 3 });
});
