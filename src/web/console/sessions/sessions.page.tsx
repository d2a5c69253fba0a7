import { useQuery } from "@apollo/client/react";
import { MonitorOff } from "lucide-react";
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
import { shownOf } from "../kit/shown-query.ts";
import { useTenant } from "../kit/use-tenant.ts";
import { useSessionColumns } from "./session-columns.tsx";
import {
  ConsoleSessionsDocument,
  type ConsoleSessionsQuery,
  type SessionFilter,
  type SessionPageFragment,
} from "./sessions.documents.ts";

const STATES = ["live", "over"] as const;

/** The sessions of all users, live and ended. */
export const SessionsPage = () => {
  const { t } = useTranslation("console");
  const { chosenId, id: tenantId } = useTenant();
  const columns = useSessionColumns();
  const variables = { filter: useSessionFilter(), tenantId, isOneTenant: chosenId !== null, ...usePage() };
  const shown = shownOf(useQuery(ConsoleSessionsDocument, { variables, fetchPolicy: "cache-and-network" }));
  return (
    <Page title={t("pages.sessions")} description={t("sessions.description")}>
      <Card>
        <SessionFilters />
        <QueryView query={shown}>
          {(data) => (
            <ConnectionTable
              label={t("pages.sessions")}
              columns={columns}
              connection={connectionOf(data)}
              isStale={shown.isStale}
              empty={<EmptyState icon={<MonitorOff aria-hidden size={32} />} title={t("sessions.empty")} />}
            />
          )}
        </QueryView>
      </Card>
    </Page>
  );
};

const connectionOf = ({ allSessions, node }: ConsoleSessionsQuery): SessionPageFragment =>
  allSessions ?? (node?.__typename === "Tenant" ? node.sessions : null) ?? NO_ROWS;

const useSessionFilter = (): SessionFilter => {
  const url = useUrlState();
  const state = url.getOneOf("state", STATES);
  return {
    userId: url.get("user"),
    active: state === null ? null : state === "live",
    ipAddress: useAddress(),
    createdAt: usePeriod("signedIn"),
  };
};

const SessionFilters = () => {
  const { t } = useTranslation("console");
  return (
    <FilterBar label={t("sessions.filter")} list="sessions" params={["user", "state", "ip", "signedIn"]}>
      <UserFilter />
      <ChoiceFilter
        name="state"
        label={t("sessions.column.state")}
        options={STATES.map((value) => ({ value, label: t(`sessions.${value}`) }))}
      />
      <PeriodFilter name="signedIn" label={t("sessions.column.signedIn")} />
      <AddressFilter />
    </FilterBar>
  );
};
