import { useQuery } from "@apollo/client/react";
import { ShieldCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../kit/display.tsx";
import { Card, Page } from "../../kit/layout.tsx";
import { QueryView } from "../../kit/query-view.tsx";
import { ConnectionTable, NO_ROWS, usePage } from "../kit/connection-table.tsx";
import { AddressFilter, useAddress } from "../kit/filters/address-filter.tsx";
import { ChoiceFilter } from "../kit/filters/choice-filter.tsx";
import { FilterBar } from "../kit/filters/filter-bar.tsx";
import { PeriodFilter } from "../kit/filters/period-filter.tsx";
import { useUrlState } from "../kit/filters/url-state.ts";
import { usePeriod } from "../kit/filters/use-period.ts";
import { UserFilter } from "../kit/filters/user-filter.tsx";
import { RISK_LEVELS } from "../kit/risk.tsx";
import { shownOf } from "../kit/shown-query.ts";
import { useTenant } from "../kit/use-tenant.ts";
import { useAttemptColumns } from "./attempt-columns.tsx";
import {
  type AttemptPageFragment,
  ConsoleAttemptsDocument,
  type ConsoleAttemptsQuery,
  type LoginAttemptFilter,
} from "./attempts.documents.ts";
import { OUTCOMES } from "./outcome-badge.tsx";

/** Attempts to sign in, with the risk that was seen in each. */
export const AttemptsPage = () => {
  const { t } = useTranslation("console");
  const { chosenId, id: tenantId } = useTenant();
  const columns = useAttemptColumns();
  const variables = { filter: useAttemptFilter(), tenantId, isOneTenant: chosenId !== null, ...usePage() };
  const shown = shownOf(useQuery(ConsoleAttemptsDocument, { variables, fetchPolicy: "cache-and-network" }));
  return (
    <Page title={t("pages.attempts")} description={t("attempts.description")}>
      <Card>
        <AttemptFilters />
        <QueryView query={shown}>
          {(data) => (
            <ConnectionTable
              label={t("pages.attempts")}
              columns={columns}
              connection={connectionOf(data)}
              isStale={shown.isStale}
              empty={<EmptyState icon={<ShieldCheck aria-hidden size={32} />} title={t("attempts.empty")} />}
            />
          )}
        </QueryView>
      </Card>
    </Page>
  );
};

const connectionOf = ({ loginAttempts, node }: ConsoleAttemptsQuery): AttemptPageFragment =>
  loginAttempts ?? (node?.__typename === "Tenant" ? node.loginAttempts : null) ?? NO_ROWS;

const useAttemptFilter = (): LoginAttemptFilter => {
  const url = useUrlState();
  return {
    userId: url.get("user"),
    outcome: url.getOneOf("outcome", OUTCOMES),
    riskLevel: url.getOneOf("risk", RISK_LEVELS),
    ipAddress: useAddress(),
    occurredAt: usePeriod("time"),
  };
};

const AttemptFilters = () => {
  const { t } = useTranslation("console");
  return (
    <FilterBar label={t("attempts.filter")} list="attempts" params={["user", "outcome", "risk", "ip", "time"]}>
      <UserFilter />
      <ChoiceFilter
        name="outcome"
        label={t("attempts.column.outcome")}
        options={OUTCOMES.map((value) => ({ value, label: t(`attempts.outcome.${value}`) }))}
      />
      <ChoiceFilter
        name="risk"
        label={t("attempts.column.risk")}
        options={RISK_LEVELS.map((value) => ({ value, label: t(`risk.level.${value}`) }))}
      />
      <PeriodFilter name="time" label={t("attempts.column.time")} />
      <AddressFilter />
    </FilterBar>
  );
};
