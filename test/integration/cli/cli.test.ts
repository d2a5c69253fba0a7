import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { AuthenticatorApp, beginLogin, CONFIRM_TOTP, ENABLE_TOTP } from "../../support/clients/factors.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { memberWith } from "../../support/clients/narrow.ts";
import { newEmail, newPassword, REFRESH, type SignedInUser, signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { runCli } from "../../support/servers/cli.ts";
import { createTestDatabase } from "../../support/servers/database.ts";
import { linkTokenOf } from "../../support/servers/smtp.ts";

const SECRET_KEYS = `k1:${randomBytes(32).toString("base64")}`;

let app: TestApp;
let env: Record<string, string>;

beforeAll(async () => {
  app = await startTestApp({ settings: { SECRET_KEYS } });
  env = { DATABASE_URL: app.database.url, SECRET_KEYS, PUBLIC_URL: "http://portcullis.test" };
});
afterAll(() => app.stop());

const RESET = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";
const VERIFY_CODE = `mutation ($input: VerifyEmailCodeInput!) {
  verifyEmailCode(input: $input) { ... on EnrolmentRequired { tokens { accessToken refreshToken } } }
}`;

/** Logs in an operator who has no second factor yet, with the password and a mailed code. The session can only enrol a factor. */
const enter = async (operator: Pick<SignedInUser, "email" | "password">) => {
  const client = app.client();
  const step = await beginLogin(client, operator);
  expect(step).toMatchObject({ reason: "ENROLMENT_REQUIRED", factors: ["EMAIL_CODE"] });
  const { subject } = await app.mail.waitForMail({ to: operator.email, subject: /^\d{6}/ });
  const input = { challenge: step.challenge, code: subject?.slice(0, 6) };
  const { tokens } = memberWith("tokens", (await client.ask(VERIFY_CODE, { input })).verifyEmailCode);
  client.accessToken = tokens.accessToken;
  client.refreshToken = tokens.refreshToken;
  return client;
};

/** Adds the missing factor, after which the session has no restrictions. */
const addFactor = async (client: GraphQLClient): Promise<void> => {
  const { secret } = (await client.ask(ENABLE_TOTP)).enableTotp;
  await client.ask(CONFIRM_TOTP, { code: new AuthenticatorApp(secret).code(app.clock.now()) });
  const { tokens } = (await client.ask(REFRESH, { token: client.refreshToken })).refreshToken;
  client.accessToken = tokens.accessToken;
};

const ONLY_ENROLMENT = { code: "FORBIDDEN", reason: "ENROLMENT_REQUIRED" };

describe("usage of the commands", () => {
  it("is printed by help, on stdout", async () => {
    const { code, stdout, stderr } = await runCli(["help"]);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const name of ["migrate", "create-operator", "rotate-keys", "import-users", "print-schema"])
      expect(stdout).toContain(`npm run cli -- ${name}`);
  });

  it.each([
    [[], "A command is missing."],
    [["constructor"], "Unknown command: constructor."],
    [["migrate", "--force"], "Unknown option '--force'"],
    [["create-operator"], "<email> is missing."],
    [["create-operator", "a@example.com", "b@example.com"], "Too many arguments"],
    [["rotate-keys", "--activate-in", "soon"], "--activate-in requires seconds"],
  ])("is printed on stderr, with code 2, after %j", async (args, words) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).toContain("npm run cli -- ");
  });
});

describe("failures are reported without a stack trace", () => {
  it.each([
    [{ PORT: "many", DATABASE_POOL_SIZE: "1" }, /PORT: .*\n.*DATABASE_POOL_SIZE: /],
    [{ DATABASE_URL: "postgres://nobody:canary@127.0.0.1:1/none" }, /^The database does not respond \(ECONNREFUSED\)/],
  ])("if the settings are %j", async (settings, words) => {
    const { code, stdout, stderr } = await runCli(["migrate"], { env: settings });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/^\s+at |canary/m);
  });

  it("if SECRET_KEYS are not the keys of the database", async () => {
    const wrong = `k1:${randomBytes(32).toString("base64")}`;
    for (const [key, why] of [
      [wrong, "another key k1"],
      [wrong.replace("k1", "k9"), "the key k1, which is missing"],
    ] as const) {
      const { code, stdout, stderr } = await runCli(["rotate-keys"], { env: { ...env, SECRET_KEYS: key } });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain("SECRET_KEYS cannot decrypt the secrets in this database");
      expect(stderr).toContain(why);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
  });

  it("if the database does not exist", async () => {
    const url = new URL(inject("postgresUrl"));
    url.pathname = "/not_there";
    const { code, stderr } = await runCli(["migrate"], { env: { DATABASE_URL: url.href } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The database returned error 3D000: .*not_there.* \(DATABASE_URL\)\.\n$/);
  });
});

describe("migrate", () => {
  it("can be run on a database that is up to date", async () => {
    expect(await runCli(["migrate"], { env })).toEqual({
      code: 0,
      stdout: "The database is up to date.\n",
      stderr: "",
    });
  });
});

describe("create-operator", () => {
  it("makes an operator who chooses a password by the link, printed and mailed", async () => {
    const email = newEmail("olga");
    const { code, stdout } = await runCli(["create-operator", email, "--name", "Olga"], { env });
    expect(code).toBe(0);
    const [address = ""] = stdout.match(/http:\S+/) ?? [];
    expect((await app.mail.waitForMail({ to: email })).text).toContain(address);

    const token = linkTokenOf(address);
    const password = newPassword();
    await app.client().ask(RESET, { input: { token, newPassword: password } });
    const client = await enter({ email, password });
    expect(await client.refused("{ users { edges { node { id } } } }")).toMatchObject(ONLY_ENROLMENT);
    await addFactor(client);
    const { users } = await client.ask("{ users { edges { node { name email } } } }");
    expect(users.edges).toContainEqual({ node: { name: "Olga", email } });

    const again = await runCli(["create-operator", email], { env });
    expect(again.code).toBe(0);
    expect(again.stdout).not.toContain("token=");
  });

  it("ends the sessions of an existing user, who keeps the password", async () => {
    const alice = await signUp(app);
    const { code, stdout } = await runCli(["create-operator", alice.email], { env });
    expect(code).toBe(0);
    expect(stdout).toContain("This user already has a password.");
    const client = await enter(alice);
    await addFactor(client);
    expect(await client.ask("{ me { id isOperator } }")).toEqual({ me: { id: alice.id, isOperator: true } });
  });

  it("refuses an invalid address, with the reason", async () => {
    const { code, stdout, stderr } = await runCli(["create-operator", "nobody"], { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe("The input is not valid.\n  email: This is not a valid e-mail address.\n");
  });
});

describe("rotate-keys", () => {
  const listKeys = async () => {
    const response = await fetch(`${app.url}/.well-known/jwks.json`);
    return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  const keyOf = (token: string) =>
    (JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as { kid: string }).kid;

  it("publishes the next key immediately, and prints when it signs", async () => {
    const alice = await signUp(app);
    const begun = Date.now();
    const { code, stdout } = await runCli(["rotate-keys"], { env });
    expect(code).toBe(0);
    const [, kid = ""] = /New key (\S+)/.exec(stdout) ?? [];
    const [signsFrom, until] = (stdout.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? []).map((text) => Date.parse(text));
    expect((signsFrom ?? 0) - begun).toBeGreaterThan(420_000);
    expect((until ?? 0) - (signsFrom ?? 0)).toBe(960_000);

    app.clock.advance(61_000);
    expect(await listKeys()).toEqual(expect.arrayContaining([kid, keyOf(alice.client.accessToken ?? "")]));
    app.clock.advance(420_000);
    expect(keyOf((await signUp(app)).client.accessToken ?? "")).toBe(kid);
    await alice.client.ask("{ me { id } }");
  });

  it("with --activate-in 0 replaces a pending rotation", async () => {
    await runCli(["rotate-keys"], { env });
    const { stdout } = await runCli(["rotate-keys", "--activate-in", "0"], { env });
    expect(stdout).toContain("may refuse new tokens");
    const [, kid = ""] = /New key (\S+)/.exec(stdout) ?? [];
    app.clock.advance(61_000);
    expect(keyOf((await signUp(app)).client.accessToken ?? "")).toBe(kid);
    app.clock.advance(3_600_000);
    const bob = await signUp(app);
    expect(keyOf(bob.client.accessToken ?? "")).toBe(kid);
    await bob.client.ask("{ me { id } }");
  });
});

describe("rotate-keys, with a new key in front of SECRET_KEYS", () => {
  it("makes the old key unnecessary, and prints how many secrets it has re-encrypted", async () => {
    const database = await createTestDatabase();
    const second = `k2:${randomBytes(32).toString("base64")}`;
    const rotate = (keys: string) =>
      runCli(["rotate-keys"], { env: { ...env, DATABASE_URL: database.url, SECRET_KEYS: keys } });
    expect((await rotate(SECRET_KEYS)).stdout).toContain("Re-encrypted with the first key of SECRET_KEYS: 0.");
    // The first key of the installation, and its successor.
    expect((await rotate(`${second},${SECRET_KEYS}`)).stdout).toContain("SECRET_KEYS: 2.");
    expect(await rotate(second)).toMatchObject({ code: 0, stderr: "" });
    await database.drop();
  });
});

describe("print-schema", () => {
  it("finds schema.graphql and the schemas of events up to date", async () => {
    expect(await runCli(["print-schema", "--check"])).toEqual({
      code: 0,
      stdout: "schema.graphql and the schemas of events are up to date.\n",
      stderr: "",
    });
  });
});
