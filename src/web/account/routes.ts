import { type AnyRoute, createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requireSession } from "../shell/require-session.ts";

/** The pages of the signed-in user. */
export const accountRoutes = <Root extends AnyRoute>(root: Root) => {
  const layout = createRoute({
    getParentRoute: () => root,
    path: "account",
    beforeLoad: requireSession,
    component: lazyRouteComponent(() => import("./account.layout.tsx"), "AccountLayout"),
  });
  const page = <const Path extends string, Module extends Record<string, unknown>, Name extends keyof Module & string>(
    path: Path,
    load: () => Promise<Module>,
    name: Name,
  ) => createRoute({ getParentRoute: () => layout, path, component: lazyRouteComponent(load as never, name) });
  return layout.addChildren([
    page("/", () => import("./overview.page.tsx"), "OverviewPage"),
    page("profile", () => import("./profile.page.tsx"), "ProfilePage"),
    page("password", () => import("./password.page.tsx"), "PasswordPage"),
    page("factors", () => import("./factors.page.tsx"), "FactorsPage"),
    page("passkeys", () => import("./passkeys.page.tsx"), "PasskeysPage"),
    page("social", () => import("./social.page.tsx"), "SocialPage"),
    page("social/linked", () => import("./social-linked.page.tsx"), "SocialLinkedPage"),
    page("sessions", () => import("./sessions.page.tsx"), "SessionsPage"),
    page("devices", () => import("./devices.page.tsx"), "DevicesPage"),
    page("memberships", () => import("./memberships.page.tsx"), "MembershipsPage"),
    page("data", () => import("./data.page.tsx"), "DataPage"),
    page("history", () => import("./history.page.tsx"), "HistoryPage"),
  ]);
};
