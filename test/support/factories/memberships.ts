import type { GraphQLClient, Loose } from "../clients/graphql.ts";
import type { TestApp } from "../servers/app.ts";
import type { Actor } from "./actors.ts";
import { INVITE } from "./invitations.ts";

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

/** Invites the user into the admin's tenant, and accepts as that user. */
export const join = async (
  admin: Pick<Actor, "client">,
  user: Pick<Actor, "client" | "email">,
  roleIds: readonly string[] = [],
): Promise<Loose> => {
  await admin.client.ask(INVITE, { input: { email: user.email, roleIds } });
  const { membershipInvitations } = await user.client.ask("{ membershipInvitations { id tenantName } }");
  const { acceptMembership } = await user.client.ask(ACCEPT_MEMBERSHIP, { id: membershipInvitations[0]?.id });
  return acceptMembership.membership;
};

/** A client of the same session that works in the tenant, on this replica. */
export const entering = async (
  { client: own }: Pick<Actor, "client">,
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
