import type { ParsedMail } from "mailparser";
import type { GraphQLClient, UntypedData } from "../clients/graphql.ts";
import { memberWith, present } from "../clients/narrow.ts";
import { keepChallenge, newAddress, newEmail, newPassword, type Served, type SignedInUser, tokenIn } from "./users.ts";

export const INVITE = /* GraphQL */ `
  mutation ($input: InviteUserInput!) {
    inviteUser(input: $input) { invitation { id email name status roles { name } invitedAt expiresAt } }
  }
`;

export const ACCEPT = /* GraphQL */ `
  mutation ($input: AcceptInvitationInput!) {
    acceptInvitation(input: $input) {
      __typename
      ... on LoginSuccess {
        tokens { accessToken refreshToken }
        user { id email emailVerified username status memberships { roles { name } } hasPassword }
        session { id authenticatedWith device { label } }
        mfaRecommended
        deviceToken
      }
    }
  }
`;

/**
 * Invites a user through the API, up to the mail.
 * @returns the invitation, the mail, and the token of its link
 */
export const invite = async (
  app: Served,
  admin: Pick<SignedInUser, "client">,
  input: { readonly email?: string; readonly name?: string; readonly roles?: readonly string[] } = {},
): Promise<{ invitation: UntypedData; token: string; mail: ParsedMail }> => {
  const email = input.email ?? newEmail("invited");
  const { roles: wanted = [], ...person } = input;
  const { tenant } = wanted.length > 0 ? await admin.client.ask("{ tenant { roles { id name } } }") : { tenant: null };
  const roleIds = (tenant?.roles ?? []).filter(({ name }) => wanted.includes(name)).map(({ id }) => id);
  const { inviteUser } = await admin.client.ask(INVITE, { input: { ...person, email, roleIds } });
  const mail = await app.mail.waitForMail({ to: email, subject: /invited/ });
  return { invitation: inviteUser.invitation, token: tokenIn(mail), mail };
};

/** Accepts an invitation through the API, and signs the client in. */
export const accept = async (
  client: GraphQLClient,
  token: string,
  input: { readonly password?: string; readonly username?: string; readonly deviceName?: string } = {},
): Promise<UntypedData> => {
  const answer = await client.ask(ACCEPT, { input: { token, password: newPassword(), ...input } });
  const acceptInvitation = memberWith("tokens", answer.acceptInvitation);
  client.accessToken = acceptInvitation.tokens.accessToken;
  client.refreshToken = acceptInvitation.tokens.refreshToken;
  return acceptInvitation;
};

export const ONBOARD = /* GraphQL */ `
  mutation ($input: OnboardTenantInput!) {
    onboardTenant(input: $input) { next challenge tenant { id name status createdAt policy { registration maxSessions } } }
  }
`;

/**
 * Onboards a tenant through the API, up to the mail.
 * @returns the tenant, and the token of the link
 */
export const onboard = async (
  app: Served,
  input: {
    readonly adminEmail: string;
    readonly password: string;
    readonly companyName?: string;
    sapSystem?: object;
  },
): Promise<{ tenant: UntypedData; token: string; challenge: string }> => {
  // From a new address, because one address can onboard five an hour.
  const visitor = app.client({ "x-forwarded-for": newAddress() });
  const request = { companyName: "Acme", adminName: "Ada Admin", ...input };
  const { onboardTenant } = await visitor.ask(ONBOARD, { input: request });
  const mail = await app.mail.waitForMail({ to: input.adminEmail, subject: /Activate/ });
  const token = tokenIn(mail);
  const challenge = present(onboardTenant.challenge);
  keepChallenge(token, challenge);
  return { tenant: onboardTenant.tenant, token, challenge };
};
