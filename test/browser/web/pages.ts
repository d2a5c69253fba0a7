import { createMember, createTenant, createUserAs } from "../../support/factories/tenants.ts";
import type { BrowserProfile, WebApp, WebPage } from "./page.ts";
import { openAs, openSessionOf } from "./signed-in.ts";

/** Who opens a page: without a session, an admin of a tenant, or an operator of the installation. */
type Opener = "anonymous" | "admin" | "operator";

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

/** What stands where data will be. */
const LOADING = "[role=status][aria-label]";

interface OpenedPage {
  readonly tab: WebPage;
  readonly opener: Opener;
  /** As in the list. */
  readonly path: string;
  /** Why it does not show what its address promises; null if it does. */
  readonly fault: string | null;
}

/** Opens one page after the other, each in the profile of its opener, and waits until its data are there. */
export async function* openEveryPage(web: WebApp, profile: BrowserProfile): AsyncGenerator<OpenedPage> {
  const tenant = await createTenant(web.app, "Acme");
  const admin = await createMember(web.app, tenant, "ADMIN");
  // Each has a session of their own: profiles with one session would rotate the tokens of each other.
  const tabs: Record<Opener, WebPage> = {
    anonymous: await web.open("/sign-in", profile),
    admin: await openAs(web, admin, "/account", profile),
    operator: await openSessionOf(web, await createUserAs(web.app, "OPERATOR"), "/account", profile),
  };
  for (const { opener, path } of PAGES) {
    const tab = tabs[opener];
    tab.errors.length = 0;
    const { href, pathname } = new URL(path.replace("$userId", admin.id), web.origin);
    await tab.page.goto(href);
    const shown = await tab.shows(/./).then(
      () => null,
      ({ message }: Error) => message,
    );
    await tab.page.locator(LOADING).first().waitFor({ state: "detached" });
    const reached = new URL(tab.page.url()).pathname;
    yield { tab, opener, path, fault: shown ?? (reached === pathname ? null : `leads to ${reached}`) };
  }
}
