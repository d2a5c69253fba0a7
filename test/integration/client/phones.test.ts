import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BareEngine } from "../../support/clients/bare-engine.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

const ENTRY = fileURLToPath(new URL("../../../src/client/index.ts", import.meta.url));

/** SecureStore of Expo, with its limits; and a call of the API by `fetch`. */
const PHONE = `
  const items = new Map();
  const check = (key, value = "") => {
    if (!/^[\\w.-]+$/.test(key)) throw new Error("Invalid key: " + key);
    if (value.length > 2048) throw new Error("Value is too long.");
  };
  const SecureStore = {
    getItemAsync: async (key) => (check(key), items.get(key) ?? null),
    setItemAsync: async (key, value) => (check(key, value), void items.set(key, value)),
    deleteItemAsync: async (key) => (check(key), void items.delete(key)),
  };
  const send = async (query, variables, grant) => {
    const headers = { "content-type": "application/json", ...grant?.headers };
    return (await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) })).json();
  };
  const open = (storageKey) =>
    portcullis.createAuth({ url, transport: "BODY", storage: portcullis.createSecureStorage(SecureStore), storageKey });
  const logIn = (auth, identifier, password) =>
    auth.login(async () => {
      const { data } = await send(LOGIN, { input: { identifier, password } });
      return data.login;
    });
  const me = async (auth) => (await send("{ me { email } }", {}, await auth.authorize())).data?.me.email ?? null;
`;
const LOGIN = `mutation ($input: LoginInput!) {
  login(input: $input) { __typename ... on LoginSuccess { tokens { accessToken refreshToken expiresIn } deviceToken } }
}`;
/** What phones do not have, or not all of them. */
const ABSENT = [
  ...["document", "window", "navigator", "localStorage", "sessionStorage", "BroadcastChannel", "AbortSignal"],
  ...["AbortController", "URL", "TextEncoder", "TextDecoder", "atob", "btoa", "crypto", "console", "addEventListener"],
];

let app: TestApp;
let engine: BareEngine;
beforeAll(async () => {
  app = await sharedTestApp();
  const [output] = [
    await build({
      configFile: false,
      logLevel: "error",
      build: { write: false, target: "es2022", lib: { entry: ENTRY, formats: ["iife"], name: "portcullis" } },
    }),
  ].flat();
  if (!output || !("output" in output)) throw new Error("Nothing was built.");
  const settings = `const url = ${JSON.stringify(`${app.url}/graphql`)}; const LOGIN = ${JSON.stringify(LOGIN)};`;
  engine = await BareEngine.start(`${output.output[0].code}\n${settings}\n${PHONE}`);
});
afterAll(() => engine?.stop());

it("runs in an engine that has only the language, fetch, setTimeout and a clock", async () => {
  const present = await engine.run(`return ${JSON.stringify(ABSENT)}.filter((name) => name in globalThis);`);
  expect(present).toEqual([]);
  expect(await engine.run("return [typeof performance.timeOrigin, typeof fetch];")).toEqual(["undefined", "function"]);
});

it("logs in, refreshes once for parallel requests, is still signed in when the app is opened again, and logs out", async () => {
  const { email, password } = await createUser(app);
  const login = `await logIn(auth, ${JSON.stringify(email)}, ${JSON.stringify(password)})`;
  const first = await engine.run(
    `globalThis.auth = open(); ${login}; return [await me(auth), (await auth.authorize()).token];`,
  );
  expect(first[0]).toBe(email);

  engine.later += 15 * 60_000;
  const renewed = await engine.run(`
    const emails = await Promise.all(Array.from({ length: 5 }, () => me(auth)));
    return [emails, (await auth.authorize()).token];`);
  expect(renewed[0]).toEqual(Array(5).fill(email));
  expect(renewed[1]).not.toBe(first[1]);

  const reopened = await engine.run(`
    auth.close();
    globalThis.auth = open();
    return [await auth.ready(), await me(auth)];`);
  expect(reopened).toMatchObject([{ status: "SIGNED_IN" }, email]);

  const [grant, left] = await engine.run(`
    const grant = await auth.authorize();
    await auth.logout();
    return [grant, items.size];`);
  expect(left).toBe(0);
  const ended = app.client({ authorization: grant.headers.authorization });
  expect(await ended.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
});

it("keeps two logins in one keychain apart", async () => {
  const [work, home] = [await createUser(app), await createUser(app)];
  const emails = await engine.run(`
    const [first, second] = [open("acme.work"), open("acme.home")];
    await logIn(first, ${JSON.stringify(work.email)}, ${JSON.stringify(work.password)});
    await logIn(second, ${JSON.stringify(home.email)}, ${JSON.stringify(home.password)});
    const again = [open("acme.work"), open("acme.home")];
    return [await me(again[0]), await me(again[1]), [...items.keys()].toSorted()];`);
  expect(emails).toEqual([work.email, home.email, ["acme.home", "acme.work"]]);
});

it("does not wait for ever for a response, without AbortSignal.timeout, and keeps the user signed in", async () => {
  const { email, password } = await createUser(app);
  await engine.run(`await logIn(open("lost"), ${JSON.stringify(email)}, ${JSON.stringify(password)});`);
  engine.isOffline = true;
  const failure = await engine.run(`return open("lost").ready().catch(({ name, code }) => [name, code]);`);
  expect(failure).toEqual(["AuthFailure", "NO_ANSWER"]);
  engine.isOffline = false;
  expect(await engine.run(`return me(open("lost"));`)).toBe(email);
});
