import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import { DAY } from "#shared/durations";
import { join } from "../../support/factories/memberships.ts";
import { setRoles } from "../../support/factories/roles.ts";
import { createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import {
  newAddress,
  newEmail,
  newPassword,
  REFRESH,
  REGISTER,
  type SignedInUser,
  tokenIn,
  VERIFY,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

const APPROVE =
  "mutation ($id: ID!) { approveRegistration(input: { registrationId: $id }) { registration { id status } } }";
const PENDING = "{ registrations(filter: { status: PENDING }) { nodes { id email } } }";
const INVITED = "{ membershipInvitations { id tenantName } }";
const ACCEPT = `mutation ($id: ID!) { acceptMembership(input: { invitationId: $id }) {
  membership { roles { name } tenant { id } } } }`;

const visitor = () => app.client({ "x-forwarded-for": newAddress() });

/** A tenant whose admins approve registrations, with its admin. */
const approvingCompany = async (name: string) => {
  const tenant = await createTenant(app, name, { registration: "APPROVAL" });
  return { tenant, admin: await createMember(app, tenant, "ADMIN") };
};

const register = ({ slug: tenant }: Tenant, email: string) =>
  visitor().ask(REGISTER, { input: { tenant, email, password: newPassword() } });

const approve = async ({ client }: Pick<SignedInUser, "client">, email: string) => {
  const { registrations } = await client.ask(PENDING);
  const nodes = registrations.nodes as { id: string; email: string }[];
  const id = nodes.find((node) => node.email === email)?.id;
  expect((await client.ask(APPROVE, { id })).approveRegistration.registration).toEqual({ id, status: "APPROVED" });
};

describe("an approved registration of an address that has a user", () => {
  it("becomes a membership invitation, which that user accepts as a plain member", async () => {
    const [{ tenant, admin }, bob] = [await approvingCompany("Acme"), await createUser(app)];
    await register(tenant, bob.email);
    await approve(admin, bob.email);
    const mail = await app.mail.waitForMail({ to: bob.email, subject: "A company wants to add your account" });
    expect(mail.text).toContain("Acme");

    const { membershipInvitations } = await bob.client.ask(INVITED);
    expect(membershipInvitations).toEqual([{ id: expect.any(String), tenantName: "Acme" }]);
    const { acceptMembership } = await bob.client.ask(ACCEPT, { id: membershipInvitations[0]?.id });
    expect(acceptMembership.membership).toEqual({ roles: [{ name: "MEMBER" }], tenant: { id: tenant.id } });
  });

  it("is possible for an admin who may only decide registrations, too", async () => {
    const [{ tenant, admin }, bob] = [await approvingCompany("Acme"), await createUser(app)];
    const clerk = await createMember(app, tenant);
    await admin.client.ask("mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }", {
      input: { name: "Clerk", permissions: ["registrations:decide"] },
    });
    await setRoles(app, admin, clerk, "Clerk");
    const { refreshToken } = await app.client().ask(REFRESH, { token: clerk.client.refreshToken });
    clerk.client.accessToken = refreshToken.tokens.accessToken;
    await register(tenant, bob.email);
    await approve(clerk, bob.email);
    expect((await bob.client.ask(INVITED)).membershipInvitations).toHaveLength(1);
  });

  it("is not shown to admins before it is accepted, because it would reveal that the address has a user", async () => {
    const [{ tenant, admin }, bob] = [await approvingCompany("Acme"), await createUser(app)];
    const free = newEmail("free");
    for (const email of [free, bob.email]) {
      await register(tenant, email);
      await approve(admin, email);
    }
    const SEEN = `{ tenant { invitations { totalCount nodes { id } }
      securityEvents(filter: { types: [USER_INVITED, INVITATION_DECLINED] }) { nodes { id } } } invitations { nodes { id } } }`;
    const unseen = {
      tenant: { invitations: { totalCount: 0, nodes: [] }, securityEvents: { nodes: [] } },
      invitations: { nodes: [] },
    };
    expect(await admin.client.ask(SEEN)).toEqual(unseen);
    const { membershipInvitations } = await bob.client.ask(INVITED);
    const id = membershipInvitations[0]?.id;
    expect(await admin.client.ask("query ($id: ID!) { node(id: $id) { id } }", { id })).toEqual({ node: null });
    expect(
      await admin.client.refused(
        "mutation ($id: ID!) { revokeInvitation(input: { invitationId: $id }) { invitation { id } } }",
        { id },
      ),
    ).toMatchObject({ code: "NOT_FOUND" });
    await bob.client.ask(
      "mutation ($id: ID!) { declineMembership(input: { invitationId: $id }) { invitation { id } } }",
      { id },
    );
    expect(await admin.client.ask(SEEN)).toEqual(unseen);
  });

  it("is replaced by an invitation from an admin, which reveals nothing about it", async () => {
    const [{ tenant, admin }, bob] = [await approvingCompany("Acme"), await createUser(app)];
    await register(tenant, bob.email);
    await approve(admin, bob.email);
    const [hidden] = (await bob.client.ask(INVITED)).membershipInvitations;
    const { inviteUser } = await admin.client.ask(
      "mutation ($input: InviteUserInput!) { inviteUser(input: $input) { invitation { id } } }",
      { input: { email: bob.email, roleIds: [] } },
    );
    expect(inviteUser.invitation.id).not.toBe(hidden?.id);
    expect((await bob.client.ask(INVITED)).membershipInvitations.map(({ id }) => id)).toEqual([
      inviteUser.invitation.id,
    ]);
  });

  it("has no effect if the user is already a member", async () => {
    const [{ tenant, admin }, bob] = [await approvingCompany("Acme"), await createUser(app)];
    await register(tenant, bob.email);
    await join(admin, bob);
    await approve(admin, bob.email);
    expect((await bob.client.ask(INVITED)).membershipInvitations).toEqual([]);
  });

  it("leaves a pending invitation with more roles as it is", async () => {
    const [{ tenant, admin }, bob] = [await approvingCompany("Acme"), await createUser(app)];
    await register(tenant, bob.email);
    const { tenant: own } = await admin.client.ask("{ tenant { roles { id name } } }");
    const roleIds = own.roles.filter(({ name }) => name === "ADMIN").map(({ id }) => id);
    await admin.client.ask("mutation ($input: InviteUserInput!) { inviteUser(input: $input) { invitation { id } } }", {
      input: { email: bob.email, roleIds },
    });
    await approve(admin, bob.email);
    const { membershipInvitations } = await bob.client.ask(INVITED);
    expect(membershipInvitations).toHaveLength(1);
    const { acceptMembership } = await bob.client.ask(ACCEPT, { id: membershipInvitations[0]?.id });
    expect(acceptMembership.membership.roles).toEqual(expect.arrayContaining([{ name: "ADMIN" }]));
  });
});

describe("approved registrations of one address in two tenants", () => {
  const approvedInTwo = async () => {
    const [one, other] = [await approvingCompany("One"), await approvingCompany("Other")];
    const email = newEmail();
    for (const { tenant } of [one, other]) await register(tenant, email);
    await approve(other.admin, email);
    const otherToken = tokenIn(await app.mail.waitForMail({ to: email, subject: "Your registration was approved" }));
    return { one, other, email, otherToken };
  };

  it("create a user in the tenant whose link is used, and an invitation to the other, whose link is void", async () => {
    const { one, other, email, otherToken } = await approvedInTwo();
    await approve(one.admin, email);
    const token = tokenIn(await app.mail.waitForMail({ to: email, subject: "Your registration was approved" }));
    const client = visitor();
    const { verifyEmail } = await client.ask(
      `mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) {
        ... on LoginSuccess { tokens { accessToken } user { tenant { id } } } } }`,
      { input: { token, password: newPassword() } },
    );
    if (!("user" in verifyEmail)) throw new Error("The link did not log in.");
    expect(verifyEmail.user?.tenant.id).toBe(one.tenant.id);
    expect(await visitor().refused(VERIFY, { input: { token: otherToken, password: newPassword() } })).toMatchObject({
      code: "INVALID_TOKEN",
    });
    client.accessToken = verifyEmail.tokens?.accessToken ?? "";
    const { membershipInvitations } = await client.ask(INVITED);
    expect(membershipInvitations).toEqual([{ id: expect.any(String), tenantName: "Other" }]);
    const { acceptMembership } = await client.ask(ACCEPT, { id: membershipInvitations[0]?.id });
    expect(acceptMembership.membership.tenant.id).toBe(other.tenant.id);
  });

  it("create no invitation from an approval whose link has expired", async () => {
    const { one, email } = await approvedInTwo();
    app.clock.advance(7 * DAY);
    const admin = await createMember(app, one.tenant, "ADMIN");
    await approve(admin, email);
    const token = tokenIn(await app.mail.waitForMail({ to: email, subject: "Your registration was approved" }));
    const client = visitor();
    const { verifyEmail } = await client.ask(
      "mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { ... on LoginSuccess { tokens { accessToken } } } }",
      { input: { token, password: newPassword() } },
    );
    client.accessToken = ("tokens" in verifyEmail && verifyEmail.tokens?.accessToken) || "";
    expect((await client.ask(INVITED)).membershipInvitations).toEqual([]);
  });
});
