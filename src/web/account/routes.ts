import { type AnyRoute, createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requireSession } from "../shell/require-session.ts";
import { type HistorySearch, isHistoryLevel } from "./history-search.ts";
import { SOCIAL_LINKED_PATH } from "./social-callback.ts";

/** The pages of the signed-in user. */
export const accountRoutes = <Root extends AnyRoute>(root: Root) => {
  const layout = createRoute({
    getParentRoute: () => root,
    path: "account",
    beforeLoad: requireSession,
    component: lazyRouteComponent(() => import("./account.layout.tsx"), "AccountLayout"),
  });
  const page = <Path extends string>(path: Path, component: ReturnType<typeof lazyRouteComponent>) =>
    createRoute({ getParentRoute: () => layout, path, component });
  return layout.addChildren([
    page(
      "/",
      lazyRouteComponent(() => import("./overview.page.tsx"), "OverviewPage"),
    ),
    page(
      "profile",
      lazyRouteComponent(() => import("./profile.page.tsx"), "ProfilePage"),
    ),
    page(
      "password",
      lazyRouteComponent(() => import("./password.page.tsx"), "PasswordPage"),
    ),
    page(
      "factors",
      lazyRouteComponent(() => import("./factors.page.tsx"), "FactorsPage"),
    ),
    page(
      "passkeys",
      lazyRouteComponent(() => import("./passkeys.page.tsx"), "PasskeysPage"),
    ),
    page(
      "social",
      lazyRouteComponent(() => import("./social.page.tsx"), "SocialPage"),
    ),
    page(
      SOCIAL_LINKED_PATH,
      lazyRouteComponent(() => import("./social-linked.page.tsx"), "SocialLinkedPage"),
    ),
    page(
      "sessions",
      lazyRouteComponent(() => import("./sessions.page.tsx"), "SessionsPage"),
    ),
    page(
      "devices",
      lazyRouteComponent(() => import("./devices.page.tsx"), "DevicesPage"),
    ),
    page(
      "memberships",
      lazyRouteComponent(() => import("./memberships.page.tsx"), "MembershipsPage"),
    ),
    page(
      "data",
      lazyRouteComponent(() => import("./data.page.tsx"), "DataPage"),
    ),
    createRoute({
      getParentRoute: () => layout,
      path: "history",
      validateSearch: ({ level }): HistorySearch => (isHistoryLevel(level) ? { level } : {}),
      component: lazyRouteComponent(() => import("./history.page.tsx"), "HistoryPage"),
    }),
  ]);
};
