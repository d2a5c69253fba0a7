import { auditFeature } from "#features/audit/index";
import { linksFeature } from "#features/links/index";
import { passwordsFeature } from "#features/passwords/index";
import { tenantsFeature } from "#features/tenants/index";
import { usersFeature } from "#features/users/index";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { flag } from "#platform/setting-kinds";
import { approvalNodes } from "./approvals.node.ts";
import { ApprovalsResolver } from "./approvals.resolver.ts";
import { ApprovalsService, NOTIFY_ADMINS } from "./approvals.service.ts";
import { EarlierUsers } from "./earlier-users.ts";
import { LINK_PURPOSES } from "./link-purposes.ts";
import { MAILS } from "./mails/index.ts";
import { RegistrationResolver } from "./registration.resolver.ts";
import { RegistrationService } from "./registration.service.ts";
import { TenantRegistrationsResolver } from "./tenant-registrations.resolver.ts";
import { UserCreation } from "./user-creation.ts";
import { EARLIER_RESEND_VERIFICATION, RESEND_VERIFICATION, VerificationMails } from "./verification-mails.ts";

/** How visitors become users: a registration, verification by mail, and an admin's approval if the tenant requires it. */
export const registrationFeature = defineFeature({
  name: "registration",
  uses: [auditFeature, tenantsFeature, usersFeature, linksFeature, passwordsFeature],
  mails: MAILS,
  config: defineSettings({
    variables: {
      REVEAL_TAKEN_EMAIL: setting(flag.default(false), {
        subject: "Users and registration",
        description:
          "Whether `register` reports that an address already has a user. If `false`, the answer is the same as for a new address, and the owner of the address receives a mail.",
        example: "true",
      }),
    },
    read: (env) => ({ settings: { revealTakenEmail: env.REVEAL_TAKEN_EMAIL } }),
  }),
  services: (deps) => {
    const earlierUsers = new EarlierUsers(deps);
    const verificationMails = new VerificationMails({ ...deps, earlierUsers });
    const { revealTakenEmail } = deps.config;
    return {
      earlierUsers,
      verificationMails,
      creation: new UserCreation({ ...deps, earlierUsers }),
      approvals: new ApprovalsService(deps),
      registration: new RegistrationService({ ...deps, verificationMails, revealTakenEmail }),
    };
  },
  resolvers: (deps) => [
    new RegistrationResolver(deps),
    new ApprovalsResolver(deps),
    new TenantRegistrationsResolver(deps),
  ],
  nodes: ({ approvals }) => [approvalNodes(approvals)],
  jobs: ({ approvals, earlierUsers, verificationMails }) => ({
    tasks: {
      [RESEND_VERIFICATION]: verificationMails.resend,
      [EARLIER_RESEND_VERIFICATION]: verificationMails.resend,
      [NOTIFY_ADMINS]: approvals.notifyAdmins,
    },
    recurring: {
      "sweep-registrations": { crontab: "13 2 * * *", run: () => approvals.sweep() },
      // Needed as long as replicas of versions before 1.0 may run or their unverified users remain.
      "convert-earlier-users": { crontab: "*/5 * * * *", run: () => earlierUsers.convertAll() },
    },
  }),
  hooks: ({ links }) => links.register(LINK_PURPOSES),
});
