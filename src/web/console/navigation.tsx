import {
  Building2,
  Download,
  History,
  KeyRound,
  LayoutDashboard,
  type LucideIcon,
  MailPlus,
  MonitorSmartphone,
  Palette,
  Plug,
  ShieldCheck,
  ShieldQuestion,
  UserRoundCheck,
  Users,
  UsersRound,
} from "lucide-react";
import type { Viewer } from "./kit/viewer.tsx";

interface PageDefinition {
  readonly to: string;
  /** Its text is `pages.<label>` of the catalogue. */
  readonly label: string;
  readonly icon: LucideIcon;
  /** What the page needs, also those below it; null for any permission of the console. Operators hold `installation:operate`. */
  readonly permission: string | null;
}

interface GroupDefinition {
  /** Its text is `groups.<label>` of the catalogue; null for the pages before all groups. */
  readonly label: string | null;
  readonly pages: readonly PageDefinition[];
}

/** Every page of the console, in the order of the list beside the content. */
const GROUPS = [
  {
    label: null,
    pages: [{ to: "/console", label: "overview", icon: LayoutDashboard, permission: null }],
  },
  {
    label: "people",
    pages: [
      { to: "/console/users", label: "users", icon: Users, permission: "users:read" },
      { to: "/console/members", label: "members", icon: UsersRound, permission: "members:read" },
      {
        to: "/console/registrations",
        label: "registrations",
        icon: UserRoundCheck,
        permission: "registrations:decide",
      },
      { to: "/console/invitations", label: "invitations", icon: MailPlus, permission: "invitations:manage" },
    ],
  },
  {
    label: "security",
    pages: [
      { to: "/console/sessions", label: "sessions", icon: MonitorSmartphone, permission: "sessions:read" },
      { to: "/console/attempts", label: "attempts", icon: ShieldQuestion, permission: "audit:read" },
      { to: "/console/audit-log", label: "auditLog", icon: History, permission: "audit:read" },
    ],
  },
  {
    label: "settings",
    pages: [
      { to: "/console/policy", label: "policy", icon: ShieldCheck, permission: "policy:edit" },
      { to: "/console/roles", label: "roles", icon: KeyRound, permission: "roles:manage" },
      { to: "/console/brand", label: "brand", icon: Palette, permission: "policy:edit" },
      { to: "/console/sap", label: "sap", icon: Plug, permission: "sap:edit" },
      { to: "/console/exports", label: "exports", icon: Download, permission: "exports:create" },
      { to: "/console/tenants", label: "tenants", icon: Building2, permission: "installation:operate" },
    ],
  },
] as const satisfies readonly GroupDefinition[];

export type ConsoleGroup = (typeof GROUPS)[number];
export type ConsolePage = ConsoleGroup["pages"][number];

export type Permissions = Pick<Viewer, "permissions">;

const PAGES: readonly ConsolePage[] = GROUPS.flatMap(({ pages }): readonly ConsolePage[] => pages);

const NEEDED = new Set(PAGES.map(({ permission }) => permission));

export const isAllowed = ({ permission }: ConsolePage, { permissions }: Permissions): boolean =>
  permission === null ? permissions.some((held) => NEEDED.has(held as never)) : permissions.includes(permission);

/** The groups with the pages that the viewer may open. */
export const navigationOf = (viewer: Permissions) =>
  GROUPS.map(({ label, pages }) => ({
    label,
    pages: (pages as readonly ConsolePage[]).filter((page) => isAllowed(page, viewer)),
  })).filter(({ pages }) => pages.length > 0);

/** The page that an address belongs to: the one with the longest address at its beginning. */
export const pageOf = (path: string): ConsolePage | undefined =>
  PAGES.filter(({ to }) => path === to || path.startsWith(`${to}/`)).toSorted(
    (one, other) => other.to.length - one.to.length,
  )[0];
