import { type AnyRoute, createRoute, lazyRouteComponent } from "@tanstack/react-router";

/** The pages behind the links in mails. Their paths are those of the features' link pages. */
export const linkRoutes = <Root extends AnyRoute>(root: Root) =>
  [
    createRoute({
      getParentRoute: () => root,
      path: "verify-email",
      component: lazyRouteComponent(() => import("./verify-email.page.tsx"), "VerifyEmailPage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "activate",
      component: lazyRouteComponent(() => import("./verify-email.page.tsx"), "ActivatePage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "accept-invitation",
      component: lazyRouteComponent(() => import("./accept-invitation.page.tsx"), "AcceptInvitationPage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "reset-password",
      component: lazyRouteComponent(() => import("./reset-password.page.tsx"), "ResetPasswordPage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "confirm-login",
      component: lazyRouteComponent(() => import("./confirm-login.page.tsx"), "ConfirmLoginPage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "deny-login",
      component: lazyRouteComponent(() => import("./deny-login.page.tsx"), "DenyLoginPage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "confirm-email-change",
      component: lazyRouteComponent(() => import("./confirm-email-change.page.tsx"), "ConfirmEmailChangePage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "undo-email-change",
      component: lazyRouteComponent(() => import("./undo-email-change.page.tsx"), "UndoEmailChangePage"),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "cancel-factor-reset",
      component: lazyRouteComponent(() => import("./cancel-factor-reset.page.tsx"), "CancelFactorResetPage"),
    }),
  ] as const;
