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
  return layout.addChildren([
    createRoute({
      getParentRoute: () => layout,
      path: "/",
      component: lazyRouteComponent(() => import("./profile.page.tsx"), "ProfilePage"),
    }),
  ]);
};
