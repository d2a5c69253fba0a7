import { useQuery } from "@apollo/client/react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../i18n/formats.ts";
import { useTenant } from "../kit/use-tenant.ts";
import { useCan } from "../kit/viewer.tsx";
import { OverviewCountsDocument, type OverviewCountsQuery } from "./overview.documents.ts";
import styles from "./overview.module.css";
import { statisticsPeriod } from "./statistics-period.ts";

type Counts = Extract<OverviewCountsQuery["node"], { __typename: "Tenant" }>;
type CountName = Exclude<keyof Counts, "__typename" | "id">;

/** Each count with the list that it counts. */
const TILES = [
  { name: "allUsers", href: "/console/users", permission: "users:read" },
  { name: "withoutFactor", href: "/console/users?factor=NONE", permission: "users:read" },
  { name: "suspended", href: "/console/users?status=SUSPENDED", permission: "users:read" },
  { name: "liveSessions", href: "/console/sessions?state=live", permission: "sessions:read" },
  { name: "highRisk", href: "/console/attempts?risk=HIGH&time=7d", permission: "audit:read" },
] as const satisfies readonly { readonly name: CountName; readonly href: string; readonly permission: string }[];

const RISK_DAYS = 7;

/** How many there are of what needs attention; each number leads to the list. */
export const OverviewCounts = () => {
  const { t } = useTranslation("console");
  const can = useCan();
  const [since] = useState(() => statisticsPeriod(RISK_DAYS, Date.now()).from);
  const { data } = useQuery(OverviewCountsDocument, {
    variables: {
      tenantId: useTenant().id,
      users: can("users:read"),
      sessions: can("sessions:read"),
      attempts: can("audit:read"),
      since,
    },
    fetchPolicy: "cache-and-network",
    errorPolicy: "all",
  });
  const counts = data?.node?.__typename === "Tenant" ? data.node : null;
  return (
    // biome-ignore lint/a11y/noRedundantRoles: Safari drops the role of lists without markers.
    <ul role="list" className={styles.tiles} aria-label={t("overview.counts")}>
      {TILES.filter(({ permission }) => can(permission)).map(({ name, href }) => (
        <li key={name}>
          <Link to={href as string} className={styles.tile}>
            <Count count={counts?.[name] ?? null} />
            <span className={styles.tileName}>{t(`overview.count.${name}`)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
};

interface CountProps {
  readonly count: { readonly totalCount: number; readonly totalCountIsExact: boolean } | null;
}

const Count = ({ count }: CountProps) => {
  const { t } = useTranslation("console");
  const formats = useFormats();
  if (count === null) return <span className={styles.number}>–</span>;
  const total = formats.number(count.totalCount);
  return <span className={styles.number}>{count.totalCountIsExact ? total : t("overview.atLeast", { total })}</span>;
};
