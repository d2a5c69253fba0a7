import { useTranslation } from "react-i18next";
import { Time } from "../../kit/display.tsx";
import { Muted } from "../../kit/layout.tsx";
import type { TableColumn } from "../../kit/table.tsx";
import { Place } from "../kit/place.tsx";
import { RiskDetails } from "../kit/risk.tsx";
import { UserLink } from "../kit/user-link.tsx";
import type { AttemptPageFragment } from "./attempts.documents.ts";
import { OutcomeBadge } from "./outcome-badge.tsx";

type ListedAttempt = AttemptPageFragment["nodes"][number];

/** The columns of attempts to sign in as any user. */
export const useAttemptColumns = (): readonly TableColumn<ListedAttempt>[] => {
  const { t } = useTranslation("console");
  return [
    { id: "user", title: t("attempts.column.user"), cell: (attempt) => <Identifier attempt={attempt} /> },
    { id: "occurredAt", title: t("attempts.column.time"), cell: ({ occurredAt }) => <Time at={occurredAt} exact /> },
    { id: "outcome", title: t("attempts.column.outcome"), cell: ({ outcome }) => <OutcomeBadge outcome={outcome} /> },
    { id: "risk", title: t("attempts.column.risk"), cell: ({ risk }) => <RiskDetails risk={risk} /> },
    {
      id: "device",
      title: t("attempts.column.device"),
      cell: ({ device, location, ipAddress }) => (
        <Place title={device.label} location={location} ipAddress={ipAddress} />
      ),
    },
  ];
};

/** The user of the attempt. What was typed is a digest if it matched no user, because it may be a password. */
const Identifier = ({ attempt: { user, identifier } }: { readonly attempt: ListedAttempt }) => {
  const { t } = useTranslation("console");
  if (user) return <UserLink user={user} />;
  if (identifier.startsWith("unknown:")) return <Muted>{t("attempts.unknown")}</Muted>;
  return <bdi>{identifier}</bdi>;
};
