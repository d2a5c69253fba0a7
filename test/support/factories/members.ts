import type { Loose } from "../clients/graphql.ts";
import type { Actor } from "./actors.ts";
import { INVITE } from "./invitations.ts";

const ACCEPT = `mutation ($id: ID!) { acceptMembership(input: { invitationId: $id }) {
  membership { id status isHome roles { name } tenant { id } user { id } } } }`;

/** Invites the user into the admin's tenant, and accepts as that user. Answers the membership. */
export const join = async (admin: Actor, user: Actor, roleIds: readonly string[] = []): Promise<Loose> => {
  await admin.client.ask(INVITE, { input: { email: user.email, roleIds } });
  const { membershipInvitations } = await user.client.ask("{ membershipInvitations { id } }");
  const { acceptMembership } = await user.client.ask(ACCEPT, { id: membershipInvitations[0]?.id });
  return acceptMembership.membership;
};
