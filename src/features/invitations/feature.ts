import { rightsLost, rightsLostInTenant } from "#features/administration/index";
import { auditFeature } from "#features/audit/index";
import { linksFeature } from "#features/links/index";
import { loginFeature } from "#features/login/index";
import { membersFeature } from "#features/members/index";
import { membershipsFeature } from "#features/memberships/index";
import { passwordsFeature } from "#features/passwords/index";
import { approvedAddressHeld, earlierInvitationFound, registrationFeature } from "#features/registration/index";
import { sessionsFeature } from "#features/sessions/index";
import { tenantsFeature } from "#features/tenants/index";
import { usersFeature } from "#features/users/index";
import { defineFeature } from "#platform/feature";
import { ApprovedAddresses } from "./approved-addresses.ts";
import { keepEarlierInvitation } from "./earlier-invitations.ts";
import { InvitationAcceptance } from "./invitation-acceptance.ts";
import { InvitationActivation } from "./invitation-activation.ts";
import { InvitationLists } from "./invitation-lists.ts";
import { invitationNodes } from "./invitations.node.ts";
import { InvitationsResolver } from "./invitations.resolver.ts";
import { InvitationsService } from "./invitations.service.ts";
import { LINK_PURPOSES } from "./link-purposes.ts";
import { MAILS } from "./mails/index.ts";
import { MembershipAcceptance } from "./membership-acceptance.ts";
import { PAGES } from "./pages/index.ts";
import { TenantInvitationsResolver } from "./tenant-invitations.resolver.ts";

/** Users who join because an admin invited their address. */
export const invitationsFeature = defineFeature({
  name: "invitations",
  uses: [
    auditFeature,
    tenantsFeature,
    usersFeature,
    membershipsFeature,
    linksFeature,
    sessionsFeature,
    membersFeature,
    passwordsFeature,
    registrationFeature,
    loginFeature,
  ],
  mails: MAILS,
  pages: PAGES,
  services: (deps) => {
    const invitationEntry = new InvitationActivation(deps);
    return {
      invitations: new InvitationsService(deps),
      invitationLists: new InvitationLists(deps),
      approvedAddresses: new ApprovedAddresses(deps),
      invitationEntry,
      invitationAcceptance: new InvitationAcceptance({ ...deps, entry: invitationEntry }),
      membershipAcceptance: new MembershipAcceptance({ ...deps, entry: invitationEntry }),
    };
  },
  resolvers: (deps) => [new InvitationsResolver(deps), new TenantInvitationsResolver(deps)],
  nodes: ({ invitations }) => [invitationNodes(invitations)],
  jobs: ({ invitations }) => ({
    recurring: { "sweep-invitations": { crontab: "7 2 * * *", run: () => invitations.sweep() } },
  }),
  hooks: ({ approvedAddresses, invitations, links }, on) => {
    links.register(LINK_PURPOSES);
    on(earlierInvitationFound, keepEarlierInvitation);
    on(approvedAddressHeld, approvedAddresses.invite);
    on(rightsLost, invitations.voidInvitationsOf);
    on(rightsLostInTenant, invitations.voidInvitationsInto);
  },
});
