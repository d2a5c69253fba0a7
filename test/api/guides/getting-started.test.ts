import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AuthenticatorApp } from "../../support/clients/factors.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { runCli } from "../../support/servers/cli.ts";
import { linkTokenOf } from "../../support/servers/smtp.ts";

// docs/getting-started.md, block by block, against a server as `npm start` runs it: with the mailbox page.

const SECRET_KEYS = `k1:${randomBytes(32).toString("base64")}`;
const PUBLIC_URL = "http://localhost:4000";

let app: TestApp;
let page: string;
beforeAll(async () => {
  app = await startTestApp({ settings: { SMTP_URL: "", PUBLIC_URL, SECRET_KEYS } });
  page = await readFile(new URL("../../../docs/getting-started.md", import.meta.url), "utf8");
});
afterAll(() => app?.stop());

const blocksOf = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, block = ""]) => block);

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly links: readonly string[];
}

/** The newest mail to this address with such a subject. */
const waitForMail = async (to: string, subject = /./) => {
  const find = async () => {
    const mails = (await (await fetch(`${app.url}/dev/mailbox.json`)).json()) as Mail[];
    return mails.find((mail) => mail.to === to && subject.test(mail.subject));
  };
  await expect.poll(find).toBeDefined();
  return (await find()) as Mail;
};

const paste = (client: GraphQLClient, block: string, capitals: Readonly<Record<string, string>> = {}) =>
  client.ask(block.replace(/\b[A-Z]+(_[A-Z]+)+\b/g, (name) => capitals[name] ?? name));

/** A user who has registered with curl, as the guide does it, logs in with the same password in Apollo Sandbox. */
it("leads from registration to logout with curl, then to the same login in Apollo Sandbox", async ({ skip }) => {
  await promisify(execFile)("bash", ["-c", "command -v curl"]).catch(() => skip("curl is not installed"));
  const [start = "", ...rest] = blocksOf("sh");
  expect(start).toContain("npm start");
  const withCurl = rest.filter((block) => !block.includes("npm run cli"));
  expect(withCurl).toHaveLength(7);
  const script = withCurl.join("\n").replaceAll("localhost:4000", new URL(app.url).host);
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script]);
  const user = { email: "grace@example.com" };
  expect(stdout.split("\n").map((line) => line && JSON.parse(line))).toMatchObject([
    { data: { verifyEmail: { __typename: "LoginSuccess", user } } },
    { data: { me: { ...user, name: "Grace" }, sessions: expect.arrayContaining([expect.any(Object)]) } },
    { data: { me: user } },
    { data: { logout: { endedSessionId: expect.any(String) } } },
    { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] },
    "",
  ]);
  expect(await paste(app.client(), blocksOf("graphql")[0] ?? "")).toMatchObject({
    login: { __typename: "LoginSuccess", user },
  });
});

it("leads to an operator with a second factor", async () => {
  const [, login = "", verifyCode = "", enable = "", confirm = "", refresh = "", users = ""] = blocksOf("graphql");
  const [, command = ""] = /^npm run cli -- (.+)$/m.exec(page) ?? [];
  const env = { DATABASE_URL: app.database.url, SECRET_KEYS, PUBLIC_URL };
  const { code, stdout } = await runCli(command.split(" "), { env });
  expect(code).toBe(0);
  const [link = ""] = stdout.match(/http:\S+/) ?? [];
  const password = newPassword();
  await app
    .client()
    .ask("mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }", {
      input: { token: linkTokenOf(link), newPassword: password },
    });

  const client = app.client();
  const { challenge, factors } = (await paste(client, login, { PASSWORD_OF_THE_OPERATOR: password })).login;
  expect(factors).toEqual(["EMAIL_CODE"]);
  const { subject } = await waitForMail("olga@example.com", /^\d{6}/);
  const capitals = { CHALLENGE_OF_THE_LOGIN: challenge, CODE_OF_THE_MAIL: subject.slice(0, 6) };
  const { tokens } = (await paste(client, verifyCode, capitals)).verifyEmailCode;
  client.accessToken = tokens.accessToken;
  const { secret } = (await paste(client, enable)).enableTotp;
  const codeOfTheApp = new AuthenticatorApp(secret).code(app.clock.now());
  await paste(client, confirm, { CODE_OF_THE_APP: codeOfTheApp });
  const refreshed = await paste(client, refresh, { REFRESH_TOKEN_OF_THE_OPERATOR: tokens.refreshToken });
  client.accessToken = refreshed.refreshToken.tokens.accessToken;
  expect(await paste(client, users)).toMatchObject({
    me: { isOperator: true },
    users: { nodes: expect.arrayContaining([expect.objectContaining({ email: "olga@example.com" })]) },
  });
});

it("leads to a tenant with an admin", async () => {
  const [onboard = "", verifyEmail = "", ...more] = blocksOf("graphql").slice(7);
  expect(more).toEqual([]);
  const client = app.client();
  const { challenge } = (await paste(client, onboard)).onboardTenant;
  const { links } = await waitForMail("amy@acme.example");
  const capitals = { TOKEN_FROM_THE_MAIL: linkTokenOf(links[0] ?? ""), CHALLENGE_OF_THE_TENANT: challenge };
  expect((await paste(client, verifyEmail, capitals)).verifyEmail.user.memberships).toEqual([
    { tenant: { slug: "acme" }, roles: expect.arrayContaining([{ name: "ADMIN" }]) },
  ]);
});
