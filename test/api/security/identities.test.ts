import { randomBytes, randomInt } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { createUser } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newEmail, newPassword, register, tokenIn, verify } from "../../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";
const RENAME = "mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { username } } }";

/** From a new address, because the registration limit is for other tests. */
const visitor = () => app.client({ "x-forwarded-for": `198.18.${randomInt(256)}.${randomInt(1, 255)}` });

const newName = () => `Ada_${randomBytes(5).toString("hex")}`;

const holdersOf = async (email: string): Promise<number> =>
  (await app.app.db.execute(`select 1 from users where lower(email) = '${email.toLowerCase()}'`)).length;

describe("one address in two spellings", () => {
  it("is one account: registering the other one notifies its owner, and creates nothing", async () => {
    const alice = await createUser(app);
    const twin = alice.email.toUpperCase();
    await visitor().ask(REGISTER, { input: { email: twin, password: newPassword() } });
    await app.mail.waitForMail({ to: alice.email, subject: /account|already|registered/i });
    expect(await holdersOf(alice.email)).toBe(1);
    await logIn(visitor(), twin, alice.password);
  });

  it("registered concurrently is one account", async () => {
    const email = newEmail();
    const spellings = [email, email.toUpperCase(), email.replace("user", "User"), email.replace("example", "EXAMPLE")];
    await Promise.all(
      spellings.map((spelling) => visitor().ask(REGISTER, { input: { email: spelling, password: newPassword() } })),
    );
    expect(await holdersOf(email)).toBe(0);
    const tokens: string[] = [];
    for (const _ of spellings) tokens.push(tokenIn(await app.mail.waitForMail({ to: email, subject: /Confirm/ })));
    const [first = "", ...others] = tokens;
    await verify(visitor(), first, { password: newPassword() });
    for (const token of others)
      await expect(verify(visitor(), token, { password: newPassword() })).rejects.toThrow("INVALID_TOKEN");
    expect(await holdersOf(email)).toBe(1);
  });

  it("is two if mail providers may distinguish them, so that no user gets another's mail", async () => {
    const plain = newEmail("ada.l");
    await register(app, { email: plain, password: newPassword() });
    for (const other of [plain.replace("ada.l", "adal"), plain.replace("@", "+tag@")]) {
      const token = await register(app, { email: other, password: newPassword() });
      await verify(visitor(), token);
      expect(await holdersOf(other)).toBe(1);
    }
  });
});

describe("a domain in two spellings", () => {
  it("is one: mail goes to its ASCII form, and any spelling can be used to log in", async () => {
    const local = newEmail("uni").split("@")[0];
    const [unicode, ascii] = [`${local}@Bücher.example`, `${local}@xn--bcher-kva.example`];
    const password = newPassword();
    await visitor().ask(REGISTER, { input: { email: unicode, password } });
    // The parser of the test's mailbox shows domains in Unicode.
    const reader = unicode.toLowerCase();
    const token = tokenIn(await app.mail.waitForMail({ to: reader, subject: /Confirm/ }));
    await verify(visitor(), token, { password });
    for (const spelling of [unicode, ascii, `${local}@bu\u0308cher.example`, `${local}@ＢÜＣＨＥＲ．example`])
      await logIn(visitor(), spelling, password);
    await visitor().ask(REGISTER, { input: { email: ascii, password: newPassword() } });
    await app.mail.waitForMail({ to: reader, subject: /already/ });
    expect(await holdersOf(unicode)).toBe(1);
    expect(await holdersOf(ascii)).toBe(0);
  });
});

describe("a reserved username", () => {
  it.each(["admin", "ROOT", "Null", "support"])("cannot be chosen: %s", async (username) => {
    const alice = await createUser(app);
    const before = await alice.client.ask("{ me { username } }");
    const refusal = { code: "BAD_USER_INPUT", fields: [{ path: "input.username" }] };
    const input = { username, password: alice.password };
    expect(await alice.client.refused(RENAME, { input })).toMatchObject(refusal);
    expect(await alice.client.ask("{ me { username } }")).toEqual(before);
    const email = newEmail();
    expect(await visitor().refused(REGISTER, { input: { email, password: newPassword(), username } })).toMatchObject(
      refusal,
    );
  });
});

describe("letters that look like others", () => {
  it.each([
    ["a Cyrillic а", "\u0430lice@example.com"],
    ["full width", "\uff41lice@example.com"],
    ["a long s", "ali\u017fe@example.com"],
    ["a Kelvin sign", "\u212aate@example.com"],
    ["a dotless i", "al\u0131ce@example.com"],
    ["a zero-width joiner", "al\u200dice@example.com"],
    ["a soft hyphen", "al\u00adice@example.com"],
    ["a right-to-left mark", "al\u202eice@example.com"],
    ["a Cyrillic domain", "alice@ex\u0430mple.com"],
    ["a second @", "alice@example.com@evil.test"],
    ["a line break", "alice@example.com\nBcc: x@evil.test"],
    ["a comment", "alice(x)@example.com"],
    ["a display name", "Alice <alice@example.com>"],
    ["quotes", '"alice"@example.com'],
  ])("are refused in an address: %s", async (_, email) => {
    const refusal = await visitor().refused(REGISTER, { input: { email, password: newPassword() } });
    expect(refusal).toMatchObject({ code: "BAD_USER_INPUT", fields: [{ path: "input.email" }] });
    expect(await visitor().refused(LOGIN, { input: { identifier: email, password: newPassword() } })).toMatchObject({
      code: "INVALID_CREDENTIALS",
    });
  });

  it.each([
    ["a Cyrillic а", "\u0430da_lovelace"],
    ["full width", "\uff41da_lovelace"],
    ["a Kelvin sign", "\u212aada_lovelace"],
    ["a dotless i", "ada_lovel\u0131"],
    ["a zero-width space", "ada\u200b_lovelace"],
    ["a combining accent", "ade\u0301_lovelace"],
    ["a blank", "ada lovelace"],
    ["an @", "ada@lovelace"],
    ["a line break", "ada_lovelace\n"],
  ])("are refused in a username: %s", async (_, username) => {
    const alice = await createUser(app);
    const refusal = await alice.client.refused(RENAME, { input: { username, password: alice.password } });
    expect(refusal).toMatchObject({ code: "BAD_USER_INPUT", fields: [{ path: "input.username" }] });
  });
});

describe("one username in two spellings", () => {
  it("is taken in both, and logs in with both", async () => {
    const username = newName();
    const alice = await createUser(app, { username });
    const bob = await createUser(app);
    for (const twin of [username, username.toUpperCase(), username.toLowerCase()]) {
      expect(await bob.client.refused(RENAME, { input: { username: twin, password: bob.password } })).toMatchObject({
        code: "CONFLICT",
        reason: "USERNAME_TAKEN",
      });
      await logIn(visitor(), twin, alice.password);
    }
  });

  it("may be changed to the other one by its owner", async () => {
    const username = newName();
    const alice = await createUser(app, { username });
    const { changeUsername } = await alice.client.ask(RENAME, {
      input: { username: username.toUpperCase(), password: alice.password },
    });
    expect(changeUsername.user.username).toBe(username.toUpperCase());
  });

  it("requested by several users concurrently goes to one", async () => {
    const username = newName();
    const people = await Promise.all([createUser(app), createUser(app), createUser(app)]);
    const answers = await Promise.all(
      people.map(({ client, password }, i) =>
        client.send(RENAME, { input: { username: i % 2 ? username : username.toUpperCase(), password } }),
      ),
    );
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  });
});

describe("one password in two spellings", () => {
  it("is one, because keyboards compose letters differently (NFKC)", async () => {
    const email = newEmail();
    const password = `Ångström ﬁnds ${randomBytes(6).toString("hex")}`;
    const token = await register(app, { email, password: password.normalize("NFD") });
    await verify(visitor(), token);
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) await logIn(visitor(), email, password.normalize(form));
  });
});
