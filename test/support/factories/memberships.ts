import { eq } from "drizzle-orm";
import { insertMembership, listRolesOfTenants } from "#features/memberships/index";
import { sessions } from "#features/sessions/index";
import { findSessionWithUser } from "#features/sessions/sessions.repository";
import type { Tenant } from "#features/tenants/index";
import type { MembershipId, SessionId, UserId } from "#shared/ids";
import type { GraphQLClient, UntypedData } from "../clients/graphql.ts";
import type { BuiltApp, TestApp } from "../servers/app.ts";
import { INVITE } from "./invitations.ts";
import type { SignedInUser } from "./users.ts";

export const ACCEPT_MEMBERSHIP = `mutation ($id: ID!) { acceptMembership(input: { invitationId: $id }) {
  membership { id status isHome roles { name } tenant { id } user { id } } } }`;
export const ISSUE_ACCESS_TOKEN = `mutation ($input: IssueAccessTokenInput!) {
  issueAccessToken(input: $input) { accessToken expiresIn tenantId } }`;
export const REMOVE_MEMBER =
  "mutation ($id: ID!) { removeMember(input: { membershipId: $id }) { deletedMembershipId } }";
export const SUSPEND_MEMBER =
  "mutation ($id: ID!) { suspendMember(input: { membershipId: $id }) { membership { status } } }";
export const REACTIVATE_MEMBER =
  "mutation ($id: ID!) { reactivateMember(input: { membershipId: $id }) { membership { status } } }";

/** Invites the user to the admin's tenant, and accepts as that user. */
export const join = async (
  admin: Pick<SignedInUser, "client">,
  user: Pick<SignedInUser, "client" | "email">,
  roleIds: readonly string[] = [],
): Promise<UntypedData> => {
  await admin.client.ask(INVITE, { input: { email: user.email, roleIds } });
  const { membershipInvitations } = await user.client.ask("{ membershipInvitations { id tenantName } }");
  const { acceptMembership } = await user.client.ask(ACCEPT_MEMBERSHIP, { id: membershipInvitations[0]?.id });
  return acceptMembership.membership;
};

/** A client of the same session that works in the tenant, on this replica. */
export const entering = async (
  { client: own }: Pick<SignedInUser, "client">,
  tenantId: string,
  on: Pick<TestApp, "client">,
): Promise<GraphQLClient> => {
  const { refreshToken } = own;
  const { issueAccessToken } = await own.ask(ISSUE_ACCESS_TOKEN, { input: { tenantId, refreshToken } });
  const client = on.client();
  client.accessToken = issueAccessToken.accessToken;
  client.refreshToken = refreshToken;
  return client;
};

/** Makes the user a member of this tenant with the roles of these names, like accepting an invitation. */
export const addMembership = async (
  { app }: Pick<BuiltApp, "app">,
  tenant: Pick<Tenant, "id">,
  user: { readonly id: string },
  ...names: readonly string[]
) => {
  const { clock, db, ids } = app;
  const roles = (await listRolesOfTenants(db, [tenant.id])).filter(({ name }) => names.includes(name));
  const membership = { tenantId: tenant.id, userId: user.id as UserId, status: "ACTIVE", invitedBy: null } as const;
  const row = await insertMembership(
    db,
    { ...membership, id: ids.next<MembershipId>(), joinedAt: clock.now() },
    roles.map(({ id }) => id),
  );
  if (row === null) throw new Error("The user is a member already.");
  return row;
};

/** From now on the client of this actor works in the tenant, with an elevated token. */
export const workIn = async (
  { app }: Pick<BuiltApp, "app">,
  tenant: Pick<Tenant, "id">,
  { id, sessionId, client }: SignedInUser,
): Promise<void> => {
  const held = await findSessionWithUser(app.db, sessionId as SessionId);
  const [row] = await app.db
    .select()
    .from(sessions)
    .where(eq(sessions.id, sessionId as SessionId));
  if (!row || !held) throw new Error("The session does not exist.");
  const session = { ...row, memberships: held.memberships };
  client.accessToken = (await app.tokens.elevate(session, await app.users.get(id as UserId), tenant.id)).accessToken;
};
