import { createRootRoute, createRoute, createRouter, Outlet, redirect } from "@tanstack/react-router";
import { accountRoutes } from "./account/routes.ts";
import { auth } from "./auth.ts";
import { consoleRoutes } from "./console/routes.ts";
import { linkRoutes } from "./links/routes.ts";
import { NotFound, PageFailure, Waiting } from "./shell/states.tsx";
import { signInRoutes } from "./sign-in/routes.ts";

export const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: async () => {
    const { status } = await auth.ready().catch(() => auth.getState());
    throw redirect({ to: status === "SIGNED_IN" ? "/account" : "/sign-in" });
  },
});

const routeTree = rootRoute.addChildren([
  homeRoute,
  ...signInRoutes(rootRoute),
  ...linkRoutes(rootRoute),
  accountRoutes(rootRoute),
  consoleRoutes(rootRoute),
]);

/** All addresses. Each group of pages is loaded when it is first opened. */
export const router = createRouter({
  routeTree,
  defaultPendingComponent: Waiting,
  defaultErrorComponent: PageFailure,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
