import { eq } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import { tenants } from "#features/tenants/index";
import { present } from "../../support/clients/narrow.ts";
import { holding } from "../../support/factories/roles.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import {
  LOGIN,
  logIn,
  newAddress,
  newEmail,
  newPassword,
  REGISTER,
  type SignedInUser,
  tokenIn,
  verify,
} from "../../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

const SETTINGS = "query ($tenant: String) { authSettings(tenant: $tenant) { registration } }";
const FIELDS = "id email name status requestedAt decidedAt reason decidedBy { id email }";
const REGISTRATIONS = `query ($status: RegistrationStatus, $first: Int! = 50, $after: String) {
  registrations(filter: { status: $status }, first: $first, after: $after) {
    nodes { ${FIELDS} } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}`;
const NODE = `query ($id: ID!) { node(id: $id) { __typename ... on Registration { ${FIELDS} } } }`;
const APPROVE =
  "mutation ($id: ID!) { approveRegistration(input: { registrationId: $id }) { registration { id email status } } }";
const REJECT = `mutation ($id: ID!, $reason: String) { rejectRegistration(input: { registrationId: $id, reason: $reason }) { registration { ${FIELDS} } } }`;

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

/** A tenant whose admins approve registrations. */
const company = async () => {
  const tenant = await createTenant(app, "Acme", { registration: "APPROVAL" });
  return { tenant, admin: await createMember(app, tenant, "ADMIN") };
};

const visitor = () => app.client({ "x-forwarded-for": newAddress() });

const apply = async (tenant: string, email = newEmail("applicant"), name = "Ada & <Co>") => {
  const password = newPassword();
  const { register } = await visitor().ask(REGISTER, { input: { tenant, email, password, name } });
  expect(register).toEqual({ next: "AWAIT_APPROVAL", challenge: expect.any(String) });
  return { email, password, challenge: register.challenge as string };
};

const waitingFor = async ({ client }: SignedInUser) =>
  (await client.ask(REGISTRATIONS, { status: "PENDING" })).registrations.nodes;

it("a visitor registers, an admin is notified by mail and approves, and the link in another mail opens the account", async () => {
  const { tenant, admin } = await company();
  expect(await app.client().ask(SETTINGS, { tenant: tenant.slug })).toEqual({
    authSettings: { registration: "APPROVAL" },
  });
  const { email, password, challenge } = await apply(tenant.slug);
  const announced = await app.mail.waitForMail({ to: admin.email, subject: "New registration awaiting approval" });
  expect(announced.text).toContain(email);
  expect(announced.text).toContain("Name given: Ada & <Co>");
  expect(announced.html).toContain("Ada &amp; &lt;Co&gt;");
  expect(announced.text).not.toMatch(/https?:/);

  const credentials = { input: { identifier: email, password } };
  expect(await visitor().refused(LOGIN, credentials)).toMatchObject({ code: "INVALID_CREDENTIALS" });
  const waiting = present((await waitingFor(admin))[0]);
  expect(waiting).toEqual({
    id: expect.any(String),
    email,
    name: "Ada & <Co>",
    status: "PENDING",
    requestedAt: expect.any(String),
    decidedAt: null,
    reason: null,
    decidedBy: null,
  });

  const { approveRegistration } = await admin.client.ask(APPROVE, { id: waiting.id });
  expect(approveRegistration.registration).toEqual({ id: waiting.id, email, status: "APPROVED" });
  expect(await visitor().refused(LOGIN, credentials)).toMatchObject({ code: "INVALID_CREDENTIALS" });
  expect(await admin.client.refused(APPROVE, { id: waiting.id })).toMatchObject({ code: "CONFLICT", status: 409 });
  expect(await admin.client.ask(NODE, { id: waiting.id })).toMatchObject({
    node: { __typename: "Registration", status: "APPROVED", decidedBy: { id: admin.id, email: admin.email } },
  });

  const approved = await app.mail.waitForMail({ to: email, subject: "Your registration was approved" });
  expect(approved.text).not.toContain("Ada");
  const client = visitor();
  await verify(client, tokenIn(approved), { challenge });
  await logIn(visitor(), email, password);
  expect(await client.ask("{ me { name status memberships { roles { name } } tenant { id } } }")).toEqual({
    me: { name: "Ada & <Co>", status: "ACTIVE", ...holding(), tenant: { id: tenant.id } },
  });
});

it("an admin rejects, and the applicant gets the reason and nothing else", async () => {
  const { tenant, admin } = await company();
  const { email, password } = await apply(tenant.slug);
  const { id } = present((await waitingFor(admin))[0]);
  const { rejectRegistration } = await admin.client.ask(REJECT, { id, reason: "Please use your <work> address" });
  expect(rejectRegistration.registration).toMatchObject({
    id,
    status: "REJECTED",
    reason: "Please use your <work> address",
    decidedBy: { id: admin.id },
  });
  const mail = await app.mail.waitForMail({ to: email });
  expect(mail.subject).toBe("Your registration was not approved");
  expect(mail.text).toContain("Reason: Please use your <work> address");
  expect(mail.html).toContain("Please use your &lt;work&gt; address");
  for (const part of [mail.text, mail.html]) expect(part).not.toContain("Ada");
  expect(await visitor().refused(LOGIN, { input: { identifier: email, password } })).toMatchObject({
    code: "INVALID_CREDENTIALS",
  });
  expect(await admin.client.refused(APPROVE, { id })).toMatchObject({ code: "CONFLICT" });
  expect(await waitingFor(admin)).toEqual([]);
});

it("a taken address gets exactly the same response as a free one, and its owner is notified", async () => {
  const { tenant, admin } = await company();
  const ask = (email: string) =>
    visitor().send(REGISTER, { input: { tenant: tenant.slug, email, password: newPassword() } });
  const owner = await createMember(app, await createTenant(app));
  const [free, taken] = [await ask(newEmail()), await ask(owner.email)];
  expect([taken.status, taken.data?.register.next, taken.errors]).toEqual([
    free.status,
    free.data?.register.next,
    free.errors,
  ]);
  await app.mail.waitForMail({ to: owner.email, subject: "You already have an account" });
  expect(await waitingFor(admin)).toHaveLength(2);
});

it("an address that waits elsewhere is approved like any other, and this is not revealed", async () => {
  const { tenant, admin } = await company();
  const elsewhere = await createTenant(app, "Globex");
  const email = newEmail("wanted");
  await visitor().ask(REGISTER, { input: { tenant: elsewhere.slug, email, password: newPassword() } });
  await apply(tenant.slug, email);
  const { id } = present((await waitingFor(admin))[0]);
  expect((await admin.client.ask(APPROVE, { id })).approveRegistration.registration).toEqual({
    id,
    email,
    status: "APPROVED",
  });
  expect(await app.app.db.execute(`select id from users where email_canonical = '${email}'`)).toEqual([]);
  await app.mail.waitForMail({ to: email, subject: "Your registration was approved" });
});

it("another tenant's admin finds nothing, and an operator finds everything", async () => {
  const { tenant, admin } = await company();
  const { email } = await apply(tenant.slug);
  const { id } = present((await waitingFor(admin))[0]);
  const stranger = (await company()).admin;
  for (const mutation of [APPROVE, REJECT])
    expect(await stranger.client.refused(mutation, { id })).toMatchObject({ code: "NOT_FOUND", status: 404 });
  expect(await stranger.client.ask(NODE, { id })).toEqual({ node: null });
  expect(await waitingFor(stranger)).toEqual([]);
  const colleague = await createMember(app, tenant);
  expect(await colleague.client.ask(NODE, { id })).toEqual({ node: null });
  expect(await colleague.client.refused(REGISTRATIONS)).toMatchObject({ reason: "MISSING_PERMISSION" });

  const operator = await createMember(app, await createTenant(app), "OPERATOR");
  expect((await waitingFor(operator)).map((one: { id: string }) => one.id)).toContain(id);
  const { rejectRegistration } = await operator.client.ask(REJECT, { id });
  expect(rejectRegistration.registration).toMatchObject({ email, decidedBy: { id: operator.id } });
  // The tenant must not see who the operators are.
  expect((await admin.client.ask(NODE, { id })).node).toMatchObject({ status: "REJECTED", decidedBy: null });
});

it("the next page of the list continues after the previous one", async () => {
  const { tenant, admin } = await company();
  const emails = [];
  for (let n = 0; n < 3; n++) emails.unshift((await apply(tenant.slug)).email);
  const { registrations: first } = await admin.client.ask(REGISTRATIONS, { first: 2 });
  expect(first.nodes.map((one: { email: string }) => one.email)).toEqual(emails.slice(0, 2));
  expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  const { registrations: rest } = await admin.client.ask(REGISTRATIONS, { after: first.pageInfo.endCursor });
  expect(rest.nodes.map((one: { email: string }) => one.email)).toEqual(emails.slice(2));
  expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
});

it("a suspended tenant refuses registrations, and looks like one that does not exist", async () => {
  const { tenant } = await company();
  await app.app.db.update(tenants).set({ status: "SUSPENDED" }).where(eq(tenants.id, tenant.id));
  const answersFor = async (slug: string) => [
    await visitor().refused(SETTINGS, { tenant: slug }),
    await visitor().refused(REGISTER, { input: { tenant: slug, email: newEmail(), password: newPassword() } }),
  ];
  const suspended = await answersFor(tenant.slug);
  expect(suspended).toMatchObject([{ code: "NOT_FOUND" }, { code: "NOT_FOUND" }]);
  const ids = /"(requestId|traceId)":"[^"]*"/g;
  expect(JSON.stringify(await answersFor("nobody")).replaceAll(ids, "")).toBe(
    JSON.stringify(suspended).replaceAll(ids, ""),
  );
});

it("a visitor gets an error if registration is by invitation only, and the settings say so beforehand", async () => {
  const { slug: tenant } = await createTenant(app, "Closed", { registration: "INVITE_ONLY" });
  expect((await app.client().ask(SETTINGS, { tenant })).authSettings).toEqual({ registration: "INVITE_ONLY" });
  const input = { tenant, email: newEmail(), password: newPassword() };
  expect(await visitor().refused(REGISTER, { input })).toMatchObject({ code: "FORBIDDEN", status: 403 });
  expect((await app.client().ask(SETTINGS)).authSettings).toEqual({ registration: "OPEN" });
});

it("a user who finally joins another tenant is not visible to an admin who had approved the address before", async () => {
  const { tenant, admin } = await company();
  const email = newEmail("founder");
  const stranger = await apply(tenant.slug, email);
  const { id } = present((await waitingFor(admin))[0]);
  const approved = (await admin.client.ask(APPROVE, { id })).approveRegistration.registration;
  await app.mail.waitForMail({ to: email, subject: "Your registration was approved" });
  const credentials = { identifier: email, password: stranger.password };
  expect(await visitor().refused(LOGIN, { input: credentials })).toMatchObject({ code: "INVALID_CREDENTIALS" });

  const other = await createTenant(app, "Globex");
  const password = newPassword();
  const { register } = await visitor().ask(REGISTER, { input: { tenant: other.slug, email, password } });
  const mail = await app.mail.waitForMail({ to: email, subject: "Confirm your e-mail address" });
  const client = visitor();
  const { user } = await verify(client, tokenIn(mail), { challenge: register.challenge });
  expect(user.tenant).toEqual({ id: other.id });

  const attempts = "{ loginAttempts(first: 5) { nodes { identifier user { id } } } }";
  const { nodes } = (await admin.client.ask(attempts)).loginAttempts;
  expect(nodes.filter((each: { user: unknown }) => each.user !== null)).not.toContainEqual(
    expect.objectContaining({ user: { id: user.id } }),
  );
  expect((await admin.client.ask(NODE, { id })).node).toMatchObject({ id, status: approved.status });
  expect(await admin.client.ask("query ($id: ID!) { node(id: $id) { id } }", { id: user.id })).toEqual({ node: null });
});
