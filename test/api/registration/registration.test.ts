import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { rateLimits } from "#platform/limits/rate-limits.table";
import { HOUR } from "#shared/durations";
import { holding } from "../../support/factories/roles.ts";
import { createUser } from "../../support/factories/tenants.ts";
import {
  LOGIN,
  logIn,
  newAddress,
  newEmail,
  newPassword,
  REGISTER,
  register,
  tokenIn,
  VERIFY,
  verify,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { readersOf } from "../../support/servers/smtp.ts";

const RESEND =
  "mutation ($email: EmailAddress!, $challenge: String) { resendVerificationEmail(input: { email: $email, challenge: $challenge }) { accepted } }";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());
// Each test starts with an unused hourly registration limit.
beforeEach(() => app.clock.advance(HOUR));

it("metrics contain neither addresses nor other personal data", async () => {
  const [email, password, address] = [newEmail("counted"), newPassword(), "203.0.113.77"];
  const visitor = app.client({ "x-forwarded-for": address });
  await visitor.ask(REGISTER, { input: { email, password } });
  await visitor.refused(LOGIN, { input: { identifier: email, password } });
  const rows = await app.app.db.select().from(rateLimits);
  expect(rows.filter(({ key }) => key.startsWith("field:Mutation.register:"))).not.toEqual([]);
  expect(rows.filter(({ key }) => key.includes("counted") || key.includes(address))).toEqual([]);
});

describe("register", () => {
  it("leads by mail to a user who is logged in, and can log in by address or name", async () => {
    const [email, password] = [newEmail(), newPassword()];
    const token = await register(app, { email, password, username: "Ada.Lovelace", name: "Ada" });
    const visitor = app.client();
    // The response does not reveal that the address is registered, for the right password or a wrong one.
    for (const each of [password, "wrong"])
      expect(await visitor.refused(LOGIN, { input: { identifier: email, password: each } })).toMatchObject({
        code: "INVALID_CREDENTIALS",
      });

    const login = await verify(visitor, token);
    expect(login).toMatchObject({ __typename: "LoginSuccess", session: { authenticatedWith: ["PASSWORD"] } });
    expect(
      await visitor.ask(
        "{ me { email emailVerified username name status memberships { roles { name } } hasPassword } }",
      ),
    ).toEqual({
      me: {
        email,
        emailVerified: true,
        username: "Ada.Lovelace",
        name: "Ada",
        status: "ACTIVE",
        ...holding(),
        hasPassword: true,
      },
    });
    await logIn(app.client(), "ada.lovelace", password);
    expect(await visitor.refused(VERIFY, { input: { token, password } })).toMatchObject({
      code: "INVALID_TOKEN",
      status: 400,
    });
  });

  it("keeps the challenge in a cookie, if the client requests that, until the address is verified", async () => {
    const [email, password] = [newEmail(), newPassword()];
    const browser = app.client();
    const { register: registered } = await browser.ask(REGISTER, { input: { email, password, transport: "COOKIE" } });
    expect(registered).toEqual({ next: "VERIFY_EMAIL", challenge: null });
    expect([...browser.cookies.keys()]).toEqual(["__Host-portcullis_registration"]);
    const token = tokenIn(await app.mail.waitForMail({ to: email }));
    const { verifyEmail } = await browser.ask(VERIFY, { input: { token, transport: "COOKIE" } });
    expect(verifyEmail).toMatchObject({ user: { email }, tokens: { refreshToken: null } });
    expect([...browser.cookies.keys()].toSorted()).toEqual(["__Host-portcullis_device", "__Host-portcullis_refresh"]);
    await logIn(app.client(), email, password);
  });

  it("states in the mail when and from where the registration came", async () => {
    const email = newEmail();
    await register(app, { email, password: newPassword() });
    const text = app.mail.all().find((mail) => readersOf(mail).includes(email))?.text;
    expect(text).toMatch(/registered .* on .*\d{4}.* Approximate place: /s);
  });

  it("gives a taken address exactly the same response as a free one, and its owner gets a mail", async () => {
    const owner = await createUser(app);
    const free = await app.client().send(REGISTER, { input: { email: newEmail(), password: newPassword() } });
    const taken = await app.client().send(REGISTER, { input: { email: owner.email, password: newPassword() } });
    expect(taken.status).toBe(free.status);
    const shapeOf = ({ data }: typeof free) => ({ ...data?.register, challenge: data?.register.challenge?.length });
    expect(shapeOf(taken)).toEqual(shapeOf(free));
    expect(taken.errors).toEqual([]);
    await app.mail.waitForMail({ to: owner.email, subject: "You already have an account" });
    await logIn(app.client(), owner.email, owner.password);
  });

  it("reports each invalid field, and repeats none of the values", async () => {
    const input = { email: newEmail(), password: newPassword(), username: "not a name", name: "\u200b" };
    const answer = await app.client().send(REGISTER, { input });
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "input.username" }, { path: "input.name" }],
    });
    expect(JSON.stringify(answer)).not.toMatch(/not a name|\u200b/);
  });

  it.each([
    ["en-US-u-fw-mon-mu-celsius", "en-US"],
    ["en_US", "en-US"],
    ["not a tag", "en"],
  ])("accepts any language that a device sends: %s", async (locale, kept) => {
    const { client } = await createUser(app);
    const profile = "mutation ($locale: Locale) { updateProfile(input: { locale: $locale }) { user { locale } } }";
    expect((await client.ask(profile, { locale })).updateProfile.user.locale).toBe(kept);
    const input = { email: newEmail(), password: newPassword(), locale };
    expect((await app.client({ "x-forwarded-for": newAddress() }).send(REGISTER, { input })).errors).toEqual([]);
  });

  it("explains what is wrong with a weak password, without repeating it", async () => {
    const input = { email: newEmail(), password: "Passw0rd" };
    const answer = await app.client().send(REGISTER, { input });
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: "BAD_REQUEST",
      reason: "WEAK_PASSWORD",
      fields: [{ path: "input.password", message: expect.any(String) }],
    });
    expect(JSON.stringify(answer)).not.toContain(input.password);
  });

  it.each(["a portcullis for me", "Default!2026 castle", "its EMAIL, in words"])(
    "refuses a password that contains the name of the service or the user: %s",
    async (text) => {
      const email = newEmail();
      const input = { email, password: text.replace("EMAIL", email) };
      expect(await app.client({ "x-forwarded-for": newAddress() }).refused(REGISTER, { input })).toMatchObject({
        reason: "WEAK_PASSWORD",
        fields: [{ path: "input.password" }],
      });
    },
  );

  it.each(["role", "roles", "tenantId", "emailVerified", "status"])("has no field %s", async (field) => {
    const input = { email: newEmail(), password: newPassword(), [field]: "ADMIN" };
    expect(await app.client().refused(REGISTER, { input })).toMatchObject({ code: "BAD_USER_INPUT" });
  });

  it("allows ten an hour from one client address, aliases counted individually", async () => {
    const one = (n: number) =>
      `r${n}: register(input: { email: "${newEmail()}", password: "${newPassword()}" }) { next }`;
    const aliases = (count: number) => `mutation { ${Array.from({ length: count }, (_, n) => one(n)).join(" ")} }`;
    await app.client().ask(aliases(5));
    await app.client().ask(aliases(5));
    expect(
      await app.client().refused(REGISTER, { input: { email: newEmail(), password: newPassword() } }),
    ).toMatchObject({
      code: "RATE_LIMITED",
      retryAfter: expect.any(Number),
    });
  });
});

describe("resendVerificationEmail", () => {
  it("gives the same response for every address, and sends another link for a pending registration", async () => {
    const [email, password] = [newEmail(), newPassword()];
    const { register: registered } = await app.client().ask(REGISTER, { input: { email, password } });
    await app.mail.waitForMail({ to: email });
    const { challenge } = registered;
    const known = await app.client().send(RESEND, { email, challenge });
    const unknown = await app.client().send(RESEND, { email: newEmail() });
    expect(known.data).toEqual({ resendVerificationEmail: { accepted: true } });
    expect([unknown.status, unknown.data]).toEqual([known.status, known.data]);

    const token = tokenIn(await app.mail.waitForMail({ to: email }));
    await verify(app.client(), token, { challenge });
    await logIn(app.client(), email, password);
  });
});

describe("the log", () => {
  it("contains neither passwords nor tokens from registrations", async () => {
    const [email, password] = [newEmail("canary"), newPassword()];
    const token = await register(app, { email, password });
    await verify(app.client(), token);
    const log = app.logs.join("");
    expect(log).toContain("mail accepted by the mail server");
    for (const secret of [password, token]) expect(log).not.toContain(secret);
  });
});
