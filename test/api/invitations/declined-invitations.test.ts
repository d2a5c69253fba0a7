import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY } from "#shared/durations";
import { INVITE } from "../../support/factories/invitations.ts";
import { ACCEPT_MEMBERSHIP } from "../../support/factories/memberships.ts";
import { ANONYMOUS } from "../../support/factories/stored-users.ts";
import { createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

const DECLINE = `mutation ($id: ID!) { declineMembership(input: { invitationId: $id }) {
  invitation { id status invitedBy { id } } } }`;
const PENDING = "{ membershipInvitations { id } me { memberships { id } } }";
const INVITATIONS = `query ($status: InvitationStatus) { invitations(filter: { status: $status }) { nodes { id status } } }`;

/** Bob of one tenant is invited to another one. */
const invited = async () => {
  const [home, other] = [await createTenantWithUsers(app, "Home"), await createTenantWithUsers(app, "Other")];
  const { inviteUser } = await other.admin.client.ask(INVITE, { input: { email: home.bob.email, roleIds: [] } });
  return { home, other, bob: home.bob, id: inviteUser.invitation.id as string };
};

describe("declineMembership", () => {
  it("ends the invitation: the user is not a member, and the admins see only that it was declined", async () => {
    const { other, bob, id } = await invited();
    const { declineMembership } = await bob.client.ask(DECLINE, { id });
    expect(declineMembership.invitation).toEqual({ id, status: "DECLINED", invitedBy: null });

    const { me, membershipInvitations } = await bob.client.ask(PENDING);
    expect(membershipInvitations).toEqual([]);
    expect(me.memberships).toHaveLength(1);
    expect(await bob.client.refused(ACCEPT_MEMBERSHIP, { id })).toMatchObject({ code: "NOT_FOUND" });
    expect(await bob.client.refused(DECLINE, { id })).toMatchObject({ code: "NOT_FOUND" });

    const list = async (status: string | null) =>
      (await other.admin.client.ask(INVITATIONS, { status })).invitations.nodes;
    expect(await list("DECLINED")).toEqual([{ id, status: "DECLINED" }]);
    expect(await list(null)).toEqual([{ id, status: "DECLINED" }]);
    expect(await list("REVOKED")).toEqual([]);
    const { tenant } = await other.admin.client.ask(
      `{ tenant { securityEvents(filter: { types: [INVITATION_DECLINED] }) { nodes {
        ipAddress user { id } ... on InvitationDeclinedEvent { invitationId roleNames } } } } }`,
    );
    expect(tenant.securityEvents?.nodes).toEqual([
      { ipAddress: null, user: null, invitationId: id, roleNames: ["USER"] },
    ]);
  });

  it("invalidates the link in the mail", async () => {
    const { bob, id } = await invited();
    const links = () => app.app.db.execute(sql`select 1 from address_links where invitation_id = ${id}::uuid`);
    expect([...(await links())]).toHaveLength(1);
    await bob.client.ask(DECLINE, { id });
    expect([...(await links())]).toEqual([]);
  });

  it("lets the tenant invite again, with another invitation", async () => {
    const { other, bob, id } = await invited();
    await bob.client.ask(DECLINE, { id });
    const { inviteUser } = await other.admin.client.ask(INVITE, { input: { email: bob.email, roleIds: [] } });
    expect(inviteUser.invitation.id).not.toBe(id);
    await bob.client.ask(ACCEPT_MEMBERSHIP, { id: inviteUser.invitation.id });
    expect((await bob.client.ask(PENDING)).me.memberships).toHaveLength(2);
  });

  it("finds no invitation of another address, nor one that is revoked or expired, and changes nothing", async () => {
    const { home, other, bob, id } = await invited();
    const carol = await createMember(app, await createTenant(app));
    for (const client of [home.admin.client, other.admin.client, carol.client])
      expect(await client.refused(DECLINE, { id })).toMatchObject({ code: "NOT_FOUND" });
    for (const unknown of [ANONYMOUS, "x"])
      expect(await bob.client.refused(DECLINE, { id: unknown })).toMatchObject({ code: "NOT_FOUND" });
    expect(await app.client().refused(DECLINE, { id })).toMatchObject({ code: "UNAUTHENTICATED" });
    expect((await bob.client.ask(PENDING)).membershipInvitations).toEqual([{ id }]);

    await other.admin.client.ask(
      "mutation ($id: ID!) { revokeInvitation(input: { invitationId: $id }) { invitation { status } } }",
      { id },
    );
    expect(await bob.client.refused(DECLINE, { id })).toMatchObject({ code: "NOT_FOUND" });
    const { inviteUser } = await other.admin.client.ask(INVITE, { input: { email: bob.email, roleIds: [] } });
    await app.app.db.execute(sql`
      update invitations set expires_at = ${new Date(app.clock.now().getTime() - DAY).toISOString()}::timestamptz
      where id = ${inviteUser.invitation.id}::uuid`);
    expect(await bob.client.refused(DECLINE, { id: inviteUser.invitation.id })).toMatchObject({ code: "NOT_FOUND" });
    const { invitations } = await other.admin.client.ask(INVITATIONS, { status: null });
    expect(invitations.nodes.map(({ status }) => status)).toEqual(["EXPIRED", "REVOKED"]);
  });

  it("concurrent with an acceptance: exactly one of many requests wins", async () => {
    for (let round = 0; round < 4; round++) {
      const { bob, id } = await invited();
      const answers = await Promise.all(
        [DECLINE, ACCEPT_MEMBERSHIP, DECLINE, ACCEPT_MEMBERSHIP, DECLINE].map((query) =>
          bob.client.send(query, { id }),
        ),
      );
      const codes = answers.map(({ errors }) => errors?.[0]?.extensions?.code ?? "DONE");
      expect(
        codes.filter((code) => code === "DONE"),
        codes.join(),
      ).toHaveLength(1);
      const accepted = answers.some(({ data }) => data?.acceptMembership);
      expect((await bob.client.ask(PENDING)).me.memberships).toHaveLength(accepted ? 2 : 1);
    }
  });
});
