import { type AnyRoute, createRoute, lazyRouteComponent } from "@tanstack/react-router";

/** Where the user wants to go after signing in, and the tenant whose brand and providers the page shows. */
export interface SignInSearch {
  readonly return_to?: string;
  readonly tenant?: string;
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** Everything before a session: sign-in with its steps, sign-up, and a forgotten password. */
export const signInRoutes = <Root extends AnyRoute>(root: Root) =>
  [
    createRoute({
      getParentRoute: () => root,
      path: "sign-in",
      validateSearch: (search): SignInSearch => ({
        ...(text(search.return_to) && { return_to: text(search.return_to) as string }),
        ...(text(search.tenant) && { tenant: text(search.tenant) as string }),
      }),
      component: lazyRouteComponent(() => import("./sign-in.page.tsx"), "SignInPage"),
    }),
  ] as const;
