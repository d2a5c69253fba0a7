import { type AnyRoute, createRoute, lazyRouteComponent, retainSearchParams } from "@tanstack/react-router";
import { requireSession } from "../shell/require-session.ts";

/** The tenant that an operator looks at. Links within the console keep it. */
interface ConsoleSearch {
  readonly tenant?: string;
}

/** The pages of admins and operators. Which of them are shown depends on the permissions of the caller: see navigation.tsx. */
export const consoleRoutes = <Root extends AnyRoute>(root: Root) => {
  const layout = createRoute({
    getParentRoute: () => root,
    path: "console",
    beforeLoad: requireSession,
    validateSearch: ({ tenant }): ConsoleSearch => (typeof tenant === "string" && tenant !== "" ? { tenant } : {}),
    search: { middlewares: [retainSearchParams<ConsoleSearch>(["tenant"]) as never] },
    component: lazyRouteComponent(() => import("./console.layout.tsx"), "ConsoleLayout"),
  });
  const page = <Module extends Record<string, unknown>, Name extends keyof Module & string>(
    path: string,
    load: () => Promise<Module>,
    name: Name,
  ) => createRoute({ getParentRoute: () => layout, path, component: lazyRouteComponent(load as never, name) });
  return layout.addChildren([
    page("/", () => import("./overview/overview.page.tsx"), "OverviewPage"),
    page("users", () => import("./users/users.page.tsx"), "UsersPage"),
    page("registrations", () => import("./people/registrations/registrations.page.tsx"), "RegistrationsPage"),
    page("invitations", () => import("./people/invitations/invitations.page.tsx"), "InvitationsPage"),
    page("members", () => import("./people/members/members.page.tsx"), "MembersPage"),
    page("roles", () => import("./settings/roles/roles.page.tsx"), "RolesPage"),
    page("policy", () => import("./settings/policy/policy.page.tsx"), "PolicyPage"),
    page("brand", () => import("./settings/brand/brand.page.tsx"), "BrandPage"),
    page("sap", () => import("./settings/sap/sap.page.tsx"), "SapPage"),
    page("exports", () => import("./settings/exports/exports.page.tsx"), "ExportsPage"),
    page("tenants", () => import("./settings/tenants/tenants.page.tsx"), "TenantsPage"),
    page("users/$userId", () => import("./users/user.page.tsx"), "UserPage"),
    page("sessions", () => import("./sessions/sessions.page.tsx"), "SessionsPage"),
    page("attempts", () => import("./attempts/attempts.page.tsx"), "AttemptsPage"),
    page("audit-log", () => import("./audit-log/audit-log.page.tsx"), "AuditLogPage"),
  ]);
};
