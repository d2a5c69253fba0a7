import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { parseEnv, promisify } from "node:util";
import { eq } from "drizzle-orm";
import { parse, validate } from "graphql";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { readSocialSettings } from "#features/social/social-settings";
import { tenants } from "#features/tenants/index";
import { MINUTE } from "#shared/durations";
import { ERROR_STATUS } from "#shared/errors";
import { createPasskey, getPasskey } from "../../../src/client/passkeys.ts";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { AuthenticatorApp, beginLogin } from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { callbackIn, newProviderUser, ProviderUserAgent, socialSettings } from "../../support/clients/social.ts";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { elevate, newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { type OidcProvider, startOidcProvider } from "../../support/servers/oidc-provider.ts";
import { linkTokenOf } from "../../support/servers/smtp.ts";

let app: TestApp;
let provider: OidcProvider;
const REDIRECT_URI = "https://app.example.com/signed-in";
beforeAll(async () => {
  provider = await startOidcProvider({ redirectUris: [REDIRECT_URI] });
  // As `npm start` runs it: without SMTP, with the mailbox page, on localhost; in addition with an identity provider.
  const social = socialSettings({ acme: provider }, [REDIRECT_URI]);
  app = await startTestApp({ settings: { SMTP_URL: "", PUBLIC_URL: "http://localhost:4000", ...social } });
});
afterAll(async () => {
  await app?.stop();
  await provider?.stop();
});

/** README.md, or a guide in docs/. */
const read = (page: string): Promise<string> => readFile(new URL(`../../../${page}`, import.meta.url), "utf8");

/** The fenced blocks of a language in a page, in order. */
const blocksOf = async (language: string, page: string): Promise<string[]> =>
  [...(await read(page)).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    ([, block = ""]) => block,
  );

/** The newest mail, read from the development mailbox, because no mail server runs here. */
const newestMail = async () => {
  const mails = (await (await fetch(`${app.url}/dev/mailbox.json`)).json()) as { subject: string; links: string[] }[];
  return mails[0];
};

const tokenInMailbox = async (): Promise<string> => {
  const readLinks = async () => (await newestMail())?.links[0] ?? "";
  await expect.poll(readLinks).toContain("token=");
  return linkTokenOf(await readLinks());
};

/** Pastes one block, with the uppercase placeholders replaced as a reader would replace them. */
const paste = (client: GraphQLClient, block: string, capitals: Readonly<Record<string, string>> = {}) =>
  client.ask(block.replace(/\b[A-Z]+(_[A-Z]+)+\b/g, (name) => capitals[name] ?? name));

const bash = async (...lines: string[]) => (await promisify(execFile)("bash", ["-c", lines.join("\n")])).stdout;

it("guides a new user through the first login, block by block", async () => {
  const [register = "", verifyEmail = "", login = "", me = "", refresh = "", ...more] = await blocksOf(
    "graphql",
    "README.md",
  );
  expect(more).toEqual([]);
  const client = app.client();
  expect(await paste(client, register)).toEqual({ register: { next: "VERIFY_EMAIL", challenge: expect.any(String) } });
  expect(await paste(client, verifyEmail, { TOKEN_FROM_THE_MAIL: await tokenInMailbox() })).toMatchObject({
    verifyEmail: { __typename: "LoginSuccess", user: { email: "ada@example.com" } },
  });
  const { tokens } = (await paste(client, login)).login;
  client.accessToken = tokens.accessToken;
  // Verifying the address also logged the user in.
  expect(await paste(client, me)).toMatchObject({
    me: { name: "Ada" },
    sessions: expect.arrayContaining([expect.objectContaining({ current: true })]),
  });
  const { refreshToken } = await paste(client, refresh, { YOUR_REFRESH_TOKEN: tokens.refreshToken });
  client.accessToken = refreshToken.tokens.accessToken;
  expect(await paste(client, me)).toMatchObject({ me: { name: "Ada" } });
});

it("shows the same with curl", async ({ skip }) => {
  await bash("command -v curl bash").catch(() => skip("there is no curl here"));
  const script = (await blocksOf("sh", "README.md")).find((block) => block.includes("curl")) ?? "";
  const local = script.replace("localhost:4000", new URL(app.url).host);
  const [definition = "", login = "", me = ""] = local.split("\n").filter((line) => line !== "");
  const answer = JSON.parse(await bash(definition, login));
  const { accessToken } = answer.data.login.tokens;
  expect(JSON.parse(await bash(definition, `ACCESS_TOKEN=${accessToken}`, me)).data.me.email).toBe("ada@example.com");
});

afterEach(() => void vi.unstubAllGlobals());

/** What the guide's browser code defines, run in a browser with a software authenticator. */
const browserCode = async (device: SoftwareAuthenticator): Promise<UntypedData> => {
  const said = { origin: "http://localhost:3000" };
  const credential = (json: object) => ({ toJSON: () => json });
  const navigator = {
    credentials: {
      create: async ({ publicKey }: UntypedData) => credential(device.create(publicKey, said)),
      get: async ({ publicKey }: UntypedData) => credential(device.get(publicKey, said)),
    },
  };
  const PublicKeyCredential = {
    parseCreationOptionsFromJSON: (options: object) => options,
    parseRequestOptionsFromJSON: (options: object) => options,
  };
  vi.stubGlobal("navigator", navigator);
  vi.stubGlobal("PublicKeyCredential", PublicKeyCredential);
  const [code = ""] = await blocksOf("js", "docs/second-factors.md");
  const defined = `${code.replace(/^import .*$/m, "")}; return { addPasskey, provePasskey, logInWithPasskey };`;
  return new Function("createPasskey", "getPasskey", defined)(createPasskey, getPasskey);
};

it("guides the user on to second factors and passkeys, block by block", async () => {
  const [enable = "", confirm = "", login = "", verify = "", reauthenticate = "", ...more] = await blocksOf(
    "graphql",
    "docs/second-factors.md",
  );
  expect(more).toEqual([]);
  const client = app.client();
  const first = (await paste(client, login)).login;
  client.accessToken = first.tokens.accessToken;

  const { enableTotp } = await paste(client, enable, { TICKET_OF_THE_LOGIN: first.enrolmentTicket });
  expect(enableTotp.qrCode).toMatch(/^data:image\/svg\+xml/);
  const authenticator = new AuthenticatorApp(enableTotp.secret);
  const nextCode = () => {
    app.clock.advance(MINUTE);
    return { CODE_OF_THE_APP: authenticator.code(app.clock.now()) };
  };
  expect((await paste(client, confirm, nextCode())).confirmTotp.user.mfa).toEqual({
    enabled: true,
    totpEnabled: true,
    backupCodesLeft: 10,
  });
  const { login: begun } = await paste(app.client(), login);
  expect(begun).toMatchObject({ __typename: "SecondFactorRequired", preferredFactor: "TOTP" });
  const capitals = { CHALLENGE_OF_THE_LOGIN: begun.challenge, ...nextCode() };
  const { verifyTotp } = await paste(app.client(), verify, capitals);
  expect(verifyTotp.session.authenticatedWith).toEqual(["PASSWORD", "TOTP"]);

  client.accessToken = verifyTotp.tokens.accessToken;
  app.clock.advance(11 * MINUTE);
  const { addPasskey, logInWithPasskey, provePasskey } = await browserCode(new SoftwareAuthenticator());
  const ask = client.ask.bind(client);
  await expect(addPasskey(ask, "Laptop")).rejects.toThrow("REAUTHENTICATION_REQUIRED");
  client.accessToken = (await paste(client, reauthenticate, nextCode())).reauthenticate.accessToken;
  expect(await addPasskey(ask, "Laptop")).toMatchObject({
    finishPasskeyRegistration: { passkey: { name: "Laptop" } },
  });
  const { login: second } = await paste(app.client(), login);
  const visitor = app.client();
  for (const challenge of [second.challenge, undefined])
    expect(await logInWithPasskey(visitor.ask.bind(visitor), challenge)).toMatchObject({
      finishPasskeyLogin: { user: { id: expect.any(String) } },
    });
  const passkey = await provePasskey(ask);
  await client.ask("mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { accessToken } }", {
    input: { passkey },
  });
});

it("guides the user on to social login, block by block", async () => {
  const [start = "", finish = "", link = "", unlink = "", ...more] = await blocksOf("graphql", "docs/social-login.md");
  expect(more).toEqual([]);
  const { subject, email } = newProviderUser(provider);
  const visitor = new ProviderUserAgent();
  const thereAndBack = async (client: GraphQLClient) => {
    const { authorizationUrl } = (await paste(client, start)).startSocialLogin;
    const { state, code, iss = "" } = callbackIn(await visitor.open(authorizationUrl, subject));
    return { STATE_OF_THE_ADDRESS: state, CODE_OF_THE_ADDRESS: code, ISS_OF_THE_ADDRESS: iss };
  };
  const client = app.client();
  const { finishSocialLogin } = await paste(client, finish, await thereAndBack(client));
  expect(finishSocialLogin).toMatchObject({ __typename: "LoginSuccess", user: { email } });
  client.accessToken = finishSocialLogin.tokens.accessToken;
  await client.ask("mutation { sendReauthenticationCode { sentTo } }");
  const readWords = async () => (await newestMail())?.subject ?? "";
  await expect.poll(readWords).toMatch(/^\d{6}/);
  await elevate(client, { emailCode: (await readWords()).slice(0, 6) });
  const { linkSocialAccount } = await paste(client, link, await thereAndBack(client));
  expect(linkSocialAccount.user.socialAccounts).toMatchObject([{ provider: "acme", email }]);
  await expect(paste(client, unlink)).rejects.toThrow("LAST_LOGIN_METHOD");
});

it("guides the user on to a login that is confirmed by mail, block by block", async () => {
  const [resume = "", confirm = "", ...more] = await blocksOf("graphql", "docs/risk-and-devices.md");
  expect(more).toEqual([]);
  const tenant = await createTenant(app);
  await app.app.db.update(tenants).set({ confirmLoginAtRisk: 0 }).where(eq(tenants.id, tenant.id));
  const password = newPassword();
  const { email } = await addUser(app, tenant, { password });
  const client = app.client();
  const { challenge, number } = await beginLogin(client, { email, password });
  const capitals = { CHALLENGE_OF_THE_LOGIN: challenge };
  expect(await paste(client, resume, capitals)).toEqual({
    resumeLogin: { __typename: "LoginConfirmationRequired", number },
  });
  await expect.poll(async () => (await newestMail())?.subject).toMatch(/^Was that you/);
  const token = await tokenInMailbox();
  expect(await paste(app.client(), confirm.replace("42", number), { TOKEN_OF_THE_LINK: token })).toMatchObject({
    confirmLogin: { device: { trusted: false } },
  });
  expect(await paste(client, resume, capitals)).toMatchObject({ resumeLogin: { __typename: "LoginSuccess" } });
});

it("shows settings of identity providers that production accepts", async () => {
  const [block = ""] = await blocksOf("sh", "docs/social-login.md");
  const [, providers = "", redirectUris = ""] =
    /^SOCIAL_PROVIDERS='([^']*)'\nSOCIAL_REDIRECT_URIS=(.*)$/m.exec(block) ?? [];
  const { settings, faults } = readSocialSettings({
    providers,
    redirectUris: redirectUris.split(","),
    production: true,
  });
  expect(faults).toEqual([]);
  expect(settings.providers.map(({ id }) => id)).toEqual(["google", "microsoft", "github", "acme"]);
  // In the file `.env`, the value may span several lines, too.
  expect(parseEnv(block)).toEqual({ SOCIAL_PROVIDERS: providers, SOCIAL_REDIRECT_URIS: redirectUris });
});

it("uses only what the schema defines", async () => {
  const guides = (await readdir(new URL("../../../docs", import.meta.url))).filter((name) => name.endsWith(".md"));
  const pages = ["README.md", ...guides.map((name) => `docs/${name}`)];
  const blocks = (await Promise.all(pages.map((page) => blocksOf("graphql", page)))).flat();
  expect(blocks.length).toBeGreaterThan(10);
  for (const block of blocks) expect(validate(app.app.schema, parse(block))).toEqual([]);
});

it("lists every error code", async () => {
  const rows = [...(await read("docs/frontend.md")).matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(
    ([, code = "", status]) => [code, Number(status)],
  );
  expect(Object.fromEntries(rows)).toEqual(ERROR_STATUS);
});
