import { beforeAll, describe, expect, it } from "vitest";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import { newAddress, newEmail, newPassword, type SignedInUser } from "../../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";
const INVISIBLE = ["\u200b", "\u3164", "\u202e", "\u2800", "\u115f\u1160"];
const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";
const LOG_IN = "mutation ($input: LoginInput!) { login(input: $input) { ... on LoginSuccess { user { id } } } }";
const PROFILE = "mutation ($name: String) { updateProfile(input: { name: $name }) { user { name } } }";
const RENAME =
  "mutation ($id: ID!, $name: String!) { updatePasskey(input: { passkeyId: $id, name: $name }) { passkey { name } } }";
const INVITE = "mutation ($input: InviteUserInput!) { inviteUser(input: $input) { invitation { name } } }";
const ONBOARD = "mutation ($input: OnboardTenantInput!) { onboardTenant(input: $input) { tenant { name } } }";
const RESET = "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }";
const SUSPEND =
  "mutation ($id: ID!, $reason: String) { suspendUser(input: { userId: $id, reason: $reason }) { user { id } } }";

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp({ PUBLIC_URL: ORIGIN });
});

const visitor = (): GraphQLClient => app.client({ "x-forwarded-for": newAddress() });

const company = (companyName: string, adminName = "Ada") => ({
  input: { companyName, adminName, adminEmail: newEmail("founder"), password: newPassword() },
});

const adminOf = async (): Promise<SignedInUser> => createMember(app, await createTenant(app), "ADMIN");

describe("a name without a visible character", () => {
  it.each(INVISIBLE)("is refused in every field for a name: %j", async (name) => {
    const alice = await createUser(app);
    const admin = await adminOf();
    const passkey = await passkeysOf(app).enrol(alice, (publicKey) =>
      new SoftwareAuthenticator().create(publicKey, { origin: ORIGIN }),
    );
    const login = { identifier: alice.email, password: alice.password };
    for (const [client, operation, variables, path] of [
      [visitor(), REGISTER, { input: { email: newEmail("x"), password: newPassword(), name } }, "input.name"],
      [alice.client, PROFILE, { name }, "input.name"],
      [visitor(), LOG_IN, { input: { ...login, deviceName: name } }, "input.deviceName"],
      [alice.client, RENAME, { id: passkey.id, name }, "input.name"],
      [admin.client, INVITE, { input: { email: newEmail("x"), name } }, "input.name"],
      [visitor(), ONBOARD, company(name), "input.companyName"],
      [visitor(), ONBOARD, company("Acme", name), "input.adminName"],
      [admin.client, SUSPEND, { id: admin.id, reason: name }, "input.reason"],
    ] as const)
      expect(await client.refused(operation, variables), path).toMatchObject({
        code: "BAD_USER_INPUT",
        fields: [{ path }],
      });
    const { me } = await alice.client.ask("{ me { name passkeys { name } } }");
    expect(me).toEqual({ name: "alice", passkeys: [{ name: passkey.name }] });
  });
});

describe("format and bidi control characters", () => {
  it("are stripped from the name of a person and of a tenant", async () => {
    const { client } = await createUser(app);
    const { updateProfile } = await client.ask(PROFILE, { name: "\u202eAda\u200b Love\u00adlace\u2069" });
    expect(updateProfile.user.name).toBe("Ada Lovelace");
    const { onboardTenant } = await visitor().ask(ONBOARD, company("\u2067Ac\u200bme\u2069"));
    expect(onboardTenant.tenant.name).toBe("Acme");
    const admin = await adminOf();
    const { inviteUser } = await admin.client.ask(INVITE, { input: { email: newEmail("i"), name: "\u202eBob" } });
    expect(inviteUser.invitation.name).toBe("Bob");
  });
});

describe("text that reads like a web address", () => {
  it.each([
    "Refund of 500 EUR: evil.example/claim",
    "evil.example",
    "www.evil.example",
    "https://evil.example",
    "evil．com",
  ])("is refused as a tenant's name: %j", async (name) => {
    const request = company(name);
    expect(await visitor().refused(ONBOARD, request)).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "input.companyName" }],
    });
    expect(app.mail.all().filter((mail) => mail.text?.includes(request.input.adminEmail))).toEqual([]);
  });

  it("does not become a link in a mail, as a person's name", async () => {
    const { client, email } = await createUser(app);
    const name = "Refund: https://evil.example/claim or me@evil.example";
    await client.ask(PROFILE, { name });
    await visitor().ask(RESET, { email });
    const mail = await app.mail.waitForMail({ to: email, subject: "Choose a new password" });
    for (const part of [mail.text ?? "", `${mail.html}`]) {
      expect(part).toContain("Refund");
      expect(part).not.toContain("evil.example");
      expect(part).not.toContain("https://evil");
      expect(part).not.toContain("me@evil");
      // A human reads it as it was written.
      expect(part.replaceAll("\u200b", "")).toContain("evil.example/claim");
    }
  });
});
