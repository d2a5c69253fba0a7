import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import { DAY, HOUR, MINUTE } from "#shared/durations";
import type { UserId } from "#shared/ids";
import { accountsOf, beginLogin, enableTotp } from "../../support/clients/factors.ts";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { memberWith, present } from "../../support/clients/narrow.ts";
import { join } from "../../support/factories/memberships.ts";
import { roleIdsOf, setRoles } from "../../support/factories/roles.ts";
import { ANONYMOUS, eventsOf } from "../../support/factories/stored-users.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { elevate, REFRESH, type SignedInUser, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { readersOf } from "../../support/servers/smtp.ts";

const RESET = `mutation ($userId: ID!) {
  resetSecondFactors(input: { userId: $userId }) {
    factorReset { id status origin requestedAt dueAt doneAt user { id } requestedBy { id } approvedBy { id } }
  }
}`;
const APPROVE = `mutation ($id: ID!) {
  approveFactorReset(input: { factorResetId: $id }) { factorReset { id status doneAt user { id } approvedBy { id } } }
}`;
const LIST = `query ($status: FactorResetStatus) {
  factorResets(filter: { status: $status }) { nodes { id status user { id } requestedBy { id } } }
}`;
const CANCEL = "mutation ($token: String!) { cancelFactorReset(input: { token: $token }) { cancelledFactorResetId } }";
const CANCEL_OWN = "mutation { cancelOwnFactorReset { cancelledFactorResetId } }";
const SUSPEND = "mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { id } } }";

const ABOUT_TO_BE_RESET = "Your second factors are about to be reset";
const WAITS_FOR_APPROVAL = "A reset of second factors waits for your approval";
const NOT_INDEPENDENT = { code: "FORBIDDEN", reason: "APPROVER_NOT_INDEPENDENT" };
const INSUFFICIENT = { code: "FORBIDDEN", reason: "MISSING_PERMISSION" };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

/** An actor whose role was granted this long ago. */
const since = async (person: SignedInUser, time: number): Promise<SignedInUser> => {
  const then = new Date(app.clock.now().getTime() - time);
  await app.app.db.execute(
    sql`update role_grants set granted_at = ${then.toISOString()}::timestamptz where user_id = ${person.id}::uuid`,
  );
  return person;
};

const adminOf = async (tenant: Tenant): Promise<SignedInUser> =>
  since(await createMember(app, tenant, "ADMIN"), 8 * DAY);
const operator = async (): Promise<SignedInUser> =>
  since(await createMember(app, await createTenant(app), "OPERATOR"), 8 * DAY);

/** A tenant with two admins, and a user who has lost their authenticator app. */
const company = async () => {
  const tenant = await createTenant(app);
  const bob = await createMember(app, tenant);
  const { authenticator } = await enableTotp(app, bob);
  return { tenant, ada: await adminOf(tenant), eve: await adminOf(tenant), bob: { ...bob, authenticator } };
};

const request = async (admin: SignedInUser, { id: userId }: SignedInUser): Promise<UntypedData> =>
  (await admin.client.ask(RESET, { userId })).resetSecondFactors.factorReset;

const approve = async (admin: SignedInUser, { id }: UntypedData): Promise<UntypedData> =>
  (await admin.client.ask(APPROVE, { id })).approveFactorReset.factorReset;

/** The factors, from the table, because the user's sessions may have ended. */
const factorsOf = async ({ id }: SignedInUser): Promise<number> =>
  (await app.app.db.execute(sql`select from totp_secrets where user_id = ${id}::uuid`)).length;

const expectUntouched = async (bob: SignedInUser): Promise<void> => {
  expect((await accountsOf(app, bob)).filter(({ kind }: UntypedData) => kind === "totp")).toHaveLength(1);
  expect((await bob.client.ask("{ me { id } }")).me.id).toBe(bob.id);
};

const handleDue = () => app.app.factorResets.handleDue();

const subjectsTo = ({ email }: SignedInUser): (string | undefined)[] =>
  app.mail
    .all()
    .filter((mail) => readersOf(mail).includes(email))
    .map(({ subject }) => subject);

describe("a reset of second factors by an admin", () => {
  it("is carried out once a second admin approves: all sessions end, and the next login enrols", async () => {
    const { ada, bob, eve } = await company();
    const reset = await request(ada, bob);
    expect(reset).toMatchObject({
      status: "WAITING",
      origin: "ADMIN",
      user: { id: bob.id },
      requestedBy: { id: ada.id },
      approvedBy: null,
      doneAt: null,
    });
    expect(new Date(reset.dueAt).getTime() - new Date(reset.requestedAt).getTime()).toBe(24 * HOUR);
    const told = await app.mail.waitForMail({ to: bob.email, subject: ABOUT_TO_BE_RESET });
    expect(told.text).toContain("An administrator asked us");
    expect((await app.mail.waitForMail({ to: eve.email, subject: WAITS_FOR_APPROVAL })).text).toContain(bob.email);
    expect(subjectsTo(ada)).not.toContain(WAITS_FOR_APPROVAL);
    await expectUntouched(bob);

    const done = await approve(eve, reset);
    expect(done).toMatchObject({ id: reset.id, status: "DONE", user: { id: bob.id }, approvedBy: { id: eve.id } });
    expect(await factorsOf(bob)).toBe(0);
    expect(await bob.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await beginLogin(app.client(), bob)).toMatchObject({
      reason: "ENROLMENT_REQUIRED",
      factors: ["EMAIL_CODE"],
    });
    const states = (await eventsOf(app, { id: bob.id as UserId }))
      .filter(({ type }) => type === "FACTOR_RESET")
      .map(({ details }) => details);
    expect(states).toMatchObject([
      { state: "WAITING", by: ada.id },
      { state: "DONE", by: eve.id },
    ]);
    expect(await eve.client.refused(APPROVE, { id: reset.id })).toMatchObject({ code: "CONFLICT" });
  });

  it("is carried out after 24 hours without an approval, and not before", async () => {
    const { ada, bob } = await company();
    await request(ada, bob);
    app.clock.advance(24 * HOUR - MINUTE);
    await handleDue();
    expect(await factorsOf(bob)).toBe(1);
    app.clock.advance(2 * MINUTE);
    await handleDue();
    expect(await factorsOf(bob)).toBe(0);
  });

  it("is unchanged if it is requested again", async () => {
    const { ada, bob, eve } = await company();
    const reset = await request(ada, bob);
    expect(await request(ada, bob)).toEqual(reset);
    expect(await request(eve, bob)).toEqual(reset);
    await expectUntouched(bob);
  });

  it("is stopped permanently by the link in the user's mail, or by a session after a step-up", async () => {
    for (const way of ["link", "session"]) {
      const { ada, bob, eve } = await company();
      const reset = await request(ada, bob);
      if (way === "link")
        await app
          .client()
          .ask(CANCEL, { token: tokenIn(await app.mail.waitForMail({ to: bob.email, subject: ABOUT_TO_BE_RESET })) });
      else {
        app.clock.advance(MINUTE);
        await elevate(bob.client, { totpCode: bob.authenticator.code(app.clock.now()) });
        await bob.client.ask(CANCEL_OWN);
      }
      const { text } = await app.mail.waitForMail({
        to: bob.email,
        subject: "The reset of your second factors was stopped",
      });
      expect(text).toContain("An administrator had asked");
      expect(await eve.client.refused(APPROVE, { id: reset.id })).toMatchObject({ code: "CONFLICT" });
      app.clock.advance(25 * HOUR);
      await handleDue();
      expect(await factorsOf(bob), way).toBe(1);
    }
  });

  it("needs a step-up, both to request and to approve", async () => {
    const { ada, bob, eve } = await company();
    const withoutStepUp = async ({ client }: SignedInUser) => {
      const plain = app.client();
      plain.accessToken = (await client.ask(REFRESH, { token: client.refreshToken })).refreshToken.tokens.accessToken;
      return plain;
    };
    const required = { code: "REAUTHENTICATION_REQUIRED" };
    expect(await (await withoutStepUp(ada)).refused(RESET, { userId: bob.id })).toMatchObject(required);
    expect((await ada.client.ask(LIST)).factorResets.nodes).toEqual([]);
    const reset = await request(ada, bob);
    expect(await (await withoutStepUp(eve)).refused(APPROVE, { id: reset.id })).toMatchObject(required);
    await expectUntouched(bob);
  });

  it("is refused for the admin's own factors, for operators, for suspended users and for users of another tenant", async () => {
    const { ada, bob, eve, tenant } = await company();
    const { ada: stranger } = await company();
    const olga = await createMember(app, tenant, "OPERATOR");
    expect(await ada.client.refused(RESET, { userId: ada.id })).toMatchObject({ code: "BAD_REQUEST" });
    expect(await ada.client.refused(RESET, { userId: olga.id })).toMatchObject(INSUFFICIENT);
    expect(await stranger.client.refused(RESET, { userId: bob.id })).toMatchObject({ code: "NOT_FOUND" });
    expect(await ada.client.refused(RESET, { userId: ANONYMOUS })).toMatchObject({ code: "NOT_FOUND" });
    const reset = await request(ada, bob);
    expect(await stranger.client.refused(APPROVE, { id: reset.id })).toMatchObject({ code: "NOT_FOUND" });
    expect(await ada.client.refused(APPROVE, { id: ANONYMOUS })).toMatchObject({ code: "NOT_FOUND" });
    await expectUntouched(bob);
    await ada.client.ask(SUSPEND, { id: eve.id });
    expect(await ada.client.refused(RESET, { userId: eve.id })).toMatchObject({ code: "CONFLICT" });
    expect((await ada.client.ask(LIST)).factorResets.nodes.map(({ user }: UntypedData) => user.id)).toEqual([bob.id]);
  });

  it("is listed only for the admins of the tenant and for operators", async () => {
    const { ada, bob, eve } = await company();
    const { ada: stranger } = await company();
    const olga = await operator();
    const reset = await request(ada, bob);
    const entry = { id: reset.id, status: "WAITING", user: { id: bob.id }, requestedBy: { id: ada.id } };
    expect((await eve.client.ask(LIST, { status: "WAITING" })).factorResets.nodes).toEqual([entry]);
    expect((await eve.client.ask(LIST, { status: "DONE" })).factorResets.nodes).toEqual([]);
    expect((await stranger.client.ask(LIST)).factorResets.nodes).toEqual([]);
    expect((await olga.client.ask(LIST)).factorResets.nodes).toContainEqual(entry);
    expect(await bob.client.refused(LIST)).toMatchObject(INSUFFICIENT);
    const node = "query ($id: ID!) { node(id: $id) { __typename id } }";
    expect((await eve.client.ask(node, { id: reset.id })).node).toEqual({ __typename: "FactorReset", id: reset.id });
    expect((await stranger.client.ask(node, { id: reset.id })).node).toBeNull();
    expect((await bob.client.ask(node, { id: reset.id })).node).toBeNull();
  });

  it("replaces one that the user has requested, which cannot be approved", async () => {
    const { ada, bob, eve } = await company();
    await app.app.db.execute(sql`update passwords set set_by_mail_at = null where user_id = ${bob.id}::uuid`);
    const { challenge } = await beginLogin(app.client(), bob);
    await app
      .client()
      .ask("mutation ($challenge: String!) { requestFactorReset(input: { challenge: $challenge }) { dueAt } }", {
        challenge,
      });
    const [own] = (await eve.client.ask(LIST)).factorResets.nodes;
    expect(await eve.client.refused(APPROVE, { id: present(own).id })).toMatchObject({ code: "CONFLICT" });
    const reset = await request(ada, bob);
    expect(reset).toMatchObject({ origin: "ADMIN", status: "WAITING" });
    const nodes = (await eve.client.ask(LIST)).factorResets.nodes;
    expect(nodes.map(({ id, status }: UntypedData) => [id, status])).toEqual([
      [reset.id, "WAITING"],
      [present(own).id, "CANCELLED"],
    ]);
  });
});

describe("the approval", () => {
  it("is refused to the admin who requested the reset and to the user concerned, and changes nothing", async () => {
    const { ada, bob, eve } = await company();
    const reset = await request(ada, bob);
    expect(await ada.client.refused(APPROVE, { id: reset.id })).toMatchObject(NOT_INDEPENDENT);
    expect(await bob.client.refused(APPROVE, { id: reset.id })).toMatchObject(INSUFFICIENT);
    await expectUntouched(bob);
    const ofAdmin = await request(ada, eve);
    expect(await eve.client.refused(APPROVE, { id: ofAdmin.id })).toMatchObject(NOT_INDEPENDENT);
    expect((await eve.client.ask("{ me { id } }")).me.id).toBe(eve.id);
  });

  it("is refused to an admin of less than 7 days, who is not notified", async () => {
    const { ada, bob, tenant } = await company();
    const newcomer = await since(await createMember(app, tenant, "ADMIN"), 7 * DAY - HOUR);
    const reset = await request(ada, bob);
    expect(await newcomer.client.refused(APPROVE, { id: reset.id })).toMatchObject(NOT_INDEPENDENT);
    await expectUntouched(bob);
    await app.mail.waitForMail({ to: bob.email, subject: ABOUT_TO_BE_RESET });
    expect(subjectsTo(newcomer)).not.toContain(WAITS_FOR_APPROVAL);
    await since(newcomer, 7 * DAY + MINUTE);
    expect(await approve(newcomer, reset)).toMatchObject({ status: "DONE" });
  });

  it("is refused to an admin who lost the role and got it back within 7 days", async () => {
    const { ada, bob, eve } = await company();
    const other = await operator();
    const reset = await request(ada, bob);
    for (const roles of [[], ["ADMIN"]]) await setRoles(app, other, eve, ...roles);
    const { refreshToken } = await eve.client.ask(REFRESH, { token: eve.client.refreshToken });
    eve.client.accessToken = refreshToken.tokens.accessToken;
    await elevate(eve.client, { password: eve.password });
    expect(await eve.client.refused(APPROVE, { id: reset.id })).toMatchObject(NOT_INDEPENDENT);
    await expectUntouched(bob);
  });

  it("is refused to an admin without a recorded role grant, made by an earlier version during an upgrade", async () => {
    const { ada, bob, eve } = await company();
    await app.app.db.execute(sql`delete from role_grants where user_id = ${eve.id}::uuid`);
    const reset = await request(ada, bob);
    expect(await eve.client.refused(APPROVE, { id: reset.id })).toMatchObject(NOT_INDEPENDENT);
    await expectUntouched(bob);
  });

  /** Grants the role as admins do, and long enough ago that the 7 days do not matter. */
  const makeAdmin = async (by: SignedInUser, person: SignedInUser): Promise<SignedInUser> => {
    await setRoles(app, by, person, "ADMIN");
    const { refreshToken } = await person.client.ask(REFRESH, { token: person.client.refreshToken });
    person.client.accessToken = refreshToken.tokens.accessToken;
    person.client.refreshToken = refreshToken.tokens.refreshToken;
    await elevate(person.client, { password: person.password });
    return since(person, 8 * DAY);
  };

  it("is refused if one of the two admins granted the other the role, whichever of them requested", async () => {
    const { ada, bob, tenant } = await company();
    const carl = await makeAdmin(ada, await createMember(app, tenant));
    const reset = await request(ada, bob);
    expect(await carl.client.refused(APPROVE, { id: reset.id })).toMatchObject(NOT_INDEPENDENT);
    await expectUntouched(bob);

    const { bob: dan, tenant: former } = await company();
    await join(ada, dan);
    await dan.client.ask("mutation ($id: ID!) { setHomeTenant(input: { tenantId: $id }) { user { id } } }", {
      id: tenant.id,
    });
    await dan.client.ask("mutation ($id: ID!) { leaveTenant(input: { tenantId: $id }) { deletedMembershipId } }", {
      id: former.id,
    });
    const other = await request(carl, dan);
    expect(await ada.client.refused(APPROVE, { id: other.id })).toMatchObject(NOT_INDEPENDENT);
    expect(await factorsOf(dan)).toBe(1);
  });

  it("is refused if the grant was indirect, even after the admins in between have deleted their accounts", async () => {
    const { ada, bob, tenant } = await company();
    const carl = await makeAdmin(ada, await createMember(app, tenant));
    const dora = await makeAdmin(carl, await createMember(app, tenant));
    await carl.client.ask("mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }", {
      input: { password: carl.password },
    });
    const reset = await request(ada, bob);
    expect(await dora.client.refused(APPROVE, { id: reset.id })).toMatchObject(NOT_INDEPENDENT);
    await expectUntouched(bob);
  });

  it("is refused to an admin invited by the other one, and allowed to admins invited by a third one", async () => {
    const { ada, bob, eve, tenant } = await company();
    const people = await Promise.all(
      [ada, eve].map(async (inviter) => {
        const invite = `mutation ($input: InviteUserInput!) { inviteUser(input: $input) { invitation { email } } }`;
        const email = `invited-${inviter.id}@example.com`;
        await inviter.client.ask(invite, { input: { email, roleIds: await roleIdsOf(app, inviter) } });
        const token = tokenIn(await app.mail.waitForMail({ to: email }));
        const client = app.client();
        const password = "a long and unusual passphrase 4711";
        const accept = `mutation ($input: AcceptInvitationInput!) {
        acceptInvitation(input: $input) {
          ... on LoginSuccess { tokens { accessToken refreshToken } user { id } session { id } }
        }
      }`;
        const { acceptInvitation } = await client.ask(accept, { input: { token, password } });
        const entered = memberWith("tokens", acceptInvitation);
        client.accessToken = entered.tokens.accessToken;
        await elevate(client, { password });
        return since({ id: entered.user.id, email, password, client, sessionId: entered.session.id }, 8 * DAY);
      }),
    );
    const [byAda, byEve] = people as [SignedInUser, SignedInUser];
    const reset = await request(ada, bob);
    expect(await byAda.client.refused(APPROVE, { id: reset.id })).toMatchObject(NOT_INDEPENDENT);
    await expectUntouched(bob);
    expect(await approve(byEve, reset)).toMatchObject({ status: "DONE", approvedBy: { id: byEve.id } });
    expect(tenant.id).toBeTruthy();
  });

  it("has no effect once the requesting admin is suspended or no longer an admin, and neither has the end of the 24 hours", async () => {
    const other = await operator();
    for (const lose of ["suspended", "demoted"]) {
      const { ada, bob, eve } = await company();
      const reset = await request(ada, bob);
      if (lose === "suspended") await eve.client.ask(SUSPEND, { id: ada.id });
      else await setRoles(app, eve, ada);
      expect(await eve.client.refused(APPROVE, { id: reset.id }), lose).toMatchObject({ code: "CONFLICT" });
      expect(await other.client.refused(APPROVE, { id: reset.id }), lose).toMatchObject({ code: "CONFLICT" });
      app.clock.advance(25 * HOUR);
      await handleDue();
      expect(await factorsOf(bob), lose).toBe(1);
      await app.mail.waitForMail({ to: bob.email, subject: "The reset of your second factors was stopped" });
      app.clock.advance(-25 * HOUR);
    }
  });

  it("must come from a second operator for a tenant's only admin, and for an operator", async () => {
    const tenant = await createTenant(app);
    const lone = await adminOf(tenant);
    await enableTotp(app, lone);
    const [olga, otto, target] = [await operator(), await operator(), await operator()];
    await enableTotp(app, target);
    for (const person of [lone, target]) {
      const reset = await request(olga, person);
      await app.mail.waitForMail({ to: otto.email, subject: WAITS_FOR_APPROVAL });
      expect(await olga.client.refused(APPROVE, { id: reset.id })).toMatchObject(NOT_INDEPENDENT);
      expect(await factorsOf(person)).toBe(1);
      expect(await approve(otto, reset)).toMatchObject({ status: "DONE" });
      expect(await factorsOf(person)).toBe(0);
    }
  });
});
