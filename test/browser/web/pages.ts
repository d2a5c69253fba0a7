/** Who opens a page: without a session, an admin of a tenant, or an operator of the installation. */
export type Opener = "anonymous" | "admin" | "operator";

/** Every address of the hosted pages. `$userId` is the admin who opens it. */
const GROUPS: readonly { readonly opener: Opener; readonly paths: readonly string[] }[] = [
  {
    opener: "anonymous",
    paths: ["/sign-in", "/sign-in/callback", "/sign-up", "/sign-up/company", "/forgot-password"],
  },
  {
    opener: "anonymous",
    // Opened without the secret of a mail. Their other states are tested with real mails.
    paths: [
      "/verify-email",
      "/activate",
      "/accept-invitation",
      "/reset-password",
      "/confirm-login",
      "/deny-login",
      "/confirm-email-change",
      "/undo-email-change",
      "/cancel-factor-reset",
    ],
  },
  {
    opener: "admin",
    paths: [
      "/account",
      "/account/profile",
      "/account/password",
      "/account/factors",
      "/account/passkeys",
      "/account/social",
      "/account/social/linked",
      "/account/sessions",
      "/account/devices",
      "/account/memberships",
      "/account/data",
      "/account/history",
    ],
  },
  {
    opener: "admin",
    paths: [
      "/console",
      "/console/users",
      "/console/users/$userId",
      "/console/registrations",
      "/console/invitations",
      "/console/members",
      "/console/roles",
      "/console/policy",
      "/console/brand",
      "/console/sap",
      "/console/exports",
      "/console/sessions",
      "/console/attempts",
      "/console/audit-log",
    ],
  },
  { opener: "operator", paths: ["/console", "/console/tenants"] },
];

export const PAGES = GROUPS.flatMap(({ opener, paths }) => paths.map((path) => ({ opener, path })));
