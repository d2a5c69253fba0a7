import { type AnyRoute, createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requireSession } from "../shell/require-session.ts";

/** The pages of admins and operators. Which of them are shown depends on the permissions of the caller. */
export const consoleRoutes = <Root extends AnyRoute>(root: Root) => {
  const layout = createRoute({
    getParentRoute: () => root,
    path: "console",
    beforeLoad: requireSession,
    component: lazyRouteComponent(() => import("./console.layout.tsx"), "ConsoleLayout"),
  });
  return layout.addChildren([
    createRoute({
      getParentRoute: () => layout,
      path: "/",
      component: lazyRouteComponent(() => import("./overview.page.tsx"), "OverviewPage"),
    }),
  ]);
};
