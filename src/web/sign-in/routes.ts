import { type AnyRoute, createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { auth } from "../auth.ts";
import { CONFIG } from "../config.ts";
import { loadOffer } from "./auth-settings.ts";
import { destinationOf } from "./return-to.ts";
import type { SignInSearch } from "./sign-in-search.ts";

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const toSearch = (search: Record<string, unknown>): SignInSearch => {
  const [returnTo, tenant] = [text(search.return_to), text(search.tenant)];
  return { ...(returnTo !== undefined && { return_to: returnTo }), ...(tenant !== undefined && { tenant }) };
};

/** A user who is signed in already is led on. If the API is unavailable, the page is shown. */
const leadOn = async ({ search }: { readonly search: SignInSearch }): Promise<void> => {
  const { status } = await auth.ready().catch(() => auth.getState());
  if (status !== "SIGNED_IN") return;
  const { appUrl, returnOrigins } = CONFIG;
  throw redirect({ href: destinationOf(search.return_to, { origin: location.origin, returnOrigins, appUrl }).href });
};

/** Everything before a session: sign-in with its steps, sign-up, and a forgotten password. */
export const signInRoutes = <Root extends AnyRoute>(root: Root) =>
  [
    createRoute({
      getParentRoute: () => root,
      path: "sign-in",
      validateSearch: toSearch,
      beforeLoad: leadOn,
      loaderDeps: ({ search }) => ({ tenant: search.tenant }),
      loader: ({ deps }) => loadOffer(deps.tenant),
      component: lazyRouteComponent(() => import("./sign-in.page.tsx"), "SignInPage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "sign-in/callback",
      component: lazyRouteComponent(() => import("./callback.page.tsx"), "CallbackPage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "sign-up",
      validateSearch: toSearch,
      loaderDeps: ({ search }) => ({ tenant: search.tenant }),
      loader: ({ deps }) => loadOffer(deps.tenant),
      component: lazyRouteComponent(() => import("./sign-up.page.tsx"), "SignUpPage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "sign-up/company",
      component: lazyRouteComponent(() => import("./sign-up-company.page.tsx"), "SignUpCompanyPage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "forgot-password",
      validateSearch: toSearch,
      component: lazyRouteComponent(() => import("./forgot-password.page.tsx"), "ForgotPasswordPage"),
    }),
  ] as const;
