import { SignJWT } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SECOND } from "#shared/durations";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { elevate, logIn, newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { findFreePort } from "../../support/servers/ports.ts";
import { ExampleProcess } from "./example-process.ts";

let app: TestApp;
let example: ExampleProcess;
let service: string;
beforeAll(async () => {
  const PORT = `${await findFreePort()}`;
  const PUBLIC_URL = `http://localhost:${PORT}`;
  app = await startTestApp({ settings: { PORT, PUBLIC_URL, PERMISSIONS: "orders:read,orders:refund" } });
  const started = await ExampleProcess.start(
    "token-check/server.ts",
    { PORTCULLIS_URL: PUBLIC_URL, PORT: "0" },
    "Listening",
  );
  example = started.example;
  service = started.line.replace("Listening at ", "");
});
afterAll(async () => {
  await example?.stop();
  await app?.stop();
});

const send = async (method: "GET" | "POST", path: string, token?: string | null) => {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(`${service}${path}`, { method, headers });
  return { status: response.status, body: await response.json() };
};

const newUser = async (...roles: ("USER" | "ADMIN")[]) => {
  const tenant = await createTenant(app);
  const password = newPassword();
  const { id, email } = await addUser(app, tenant, { roles: ["USER", ...roles], password });
  const client = app.client();
  await logIn(client, email, password);
  return { id, tenantId: tenant.id, client, password };
};

it("serves a user with the permission, in the tenant of the token", async () => {
  const { id, tenantId, client } = await newUser("ADMIN");
  expect(await send("GET", "/orders", client.accessToken)).toEqual({ status: 200, body: { tenantId, orders: [] } });
  expect(await send("POST", "/refunds", client.accessToken)).toEqual({
    status: 200,
    body: { tenantId, refundedBy: id },
  });
});

it("refuses a user without the permission", async () => {
  const { client } = await newUser();
  expect(await send("GET", "/orders", client.accessToken)).toMatchObject({ status: 403 });
});

it("refuses the action that cannot be undone as soon as the session has ended", async () => {
  const { client } = await newUser("ADMIN");
  const token = client.accessToken;
  await client.ask("mutation { logout { endedSessionId } }");
  expect(await send("GET", "/orders", token)).toMatchObject({ status: 200 });
  expect(await send("POST", "/refunds", token)).toMatchObject({ status: 401 });
});

it("refuses requests without a valid access token", async () => {
  const { client, password } = await newUser("ADMIN");
  const token = String(client.accessToken);
  const [, payload = ""] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const { kid, privateKey } = await app.app.signingKeys.current();
  const signed = (changes: object, header: object = {}) =>
    new SignJWT({ ...claims, ...changes })
      .setProtectedHeader({ alg: "EdDSA", kid, typ: "at+jwt", ...header })
      .sign(privateKey);
  const now = Math.floor(app.clock.now().getTime() / SECOND);
  await elevate(client, { password });
  const refused = {
    none: null,
    malformed: "canary",
    truncated: token.slice(0, -10),
    expired: await signed({ exp: now - 100 }),
    "for another audience": await signed({ aud: "billing" }),
    "of another issuer": await signed({ iss: "https://elsewhere.example" }),
    "of another type": await signed({}, { typ: "JWT" }),
    "without a tenant": await signed({ tid: undefined }),
    elevated: client.accessToken,
    "that only allows enrolment": await signed({ enrolment_only: true }),
  };
  for (const [name, other] of Object.entries(refused))
    expect(await send("GET", "/orders", other), name).toMatchObject({ status: 401 });
  expect(await send("GET", "/orders", await signed({}))).toMatchObject({ status: 200 });
});

it("answers 503, not 401, while Portcullis is unavailable", async () => {
  const { client } = await newUser("ADMIN");
  const { example: other, line } = await ExampleProcess.start(
    "token-check/server.ts",
    { PORTCULLIS_URL: `http://localhost:${await findFreePort()}`, PORT: "0" },
    "Listening",
  );
  const response = await fetch(`${line.replace("Listening at ", "")}/orders`, {
    headers: { authorization: `Bearer ${client.accessToken}` },
  });
  expect(response.status).toBe(503);
  await other.stop();
});
