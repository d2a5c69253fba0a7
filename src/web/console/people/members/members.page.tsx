import { useQuery } from "@apollo/client/react";
import { UsersRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../../kit/display.tsx";
import { Card, Page } from "../../../kit/layout.tsx";
import { QueryView } from "../../../kit/query-view.tsx";
import { ConnectionTable, NO_ROWS, usePage } from "../../kit/connection-table.tsx";
import { ChoiceFilter } from "../../kit/filters/choice-filter.tsx";
import { FilterBar } from "../../kit/filters/filter-bar.tsx";
import { PeriodFilter } from "../../kit/filters/period-filter.tsx";
import { useUrlState } from "../../kit/filters/url-state.ts";
import { usePeriod } from "../../kit/filters/use-period.ts";
import { shownOf } from "../../kit/shown-query.ts";
import { useTenant } from "../../kit/use-tenant.ts";
import type { MemberAction } from "./listed-member.ts";
import { useMemberColumns } from "./member-columns.tsx";
import { MemberDialog } from "./member-dialog.tsx";
import { ConsoleMembersDocument } from "./members.documents.ts";

const STATUSES = ["ACTIVE", "SUSPENDED"] as const;

/** Who belongs to the tenant, also those whose home is elsewhere. */
export const MembersPage = () => {
  const { t } = useTranslation(["administration", "console"]);
  const url = useUrlState();
  const [action, setAction] = useState<MemberAction | null>(null);
  const columns = useMemberColumns(setAction);
  const query = useQuery(ConsoleMembersDocument, {
    variables: {
      tenantId: useTenant().id,
      filter: { status: url.getOneOf("status", STATUSES), roleId: url.get("role"), joinedAt: usePeriod("joined") },
      ...usePage(),
    },
    fetchPolicy: "cache-and-network",
  });
  const shown = shownOf(query);
  const roles = shown.data?.node?.__typename === "Tenant" ? shown.data.node.roles : [];
  return (
    <Page title={t("console:pages.members")} description={t("members.description")}>
      <Card>
        <FilterBar label={t("members.filter")} list="members" params={["status", "role", "joined"]}>
          <ChoiceFilter
            name="status"
            label={t("members.column.status")}
            options={STATUSES.map((value) => ({ value, label: t(`members.status.${value}`) }))}
          />
          <ChoiceFilter
            name="role"
            label={t("members.column.roles")}
            options={roles.map(({ id, name }) => ({ value: id, label: name }))}
          />
          <PeriodFilter name="joined" label={t("members.column.joinedAt")} />
        </FilterBar>
        <QueryView query={shown}>
          {({ node }) => (
            <ConnectionTable
              label={t("console:pages.members")}
              columns={columns}
              connection={(node?.__typename === "Tenant" ? node.members : null) ?? NO_ROWS}
              isStale={shown.isStale}
              empty={
                <EmptyState icon={<UsersRound aria-hidden size={32} />} title={t("members.empty.title")}>
                  {t("members.empty.text")}
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Card>
      <MemberDialog
        action={action}
        roles={roles}
        onClose={() => setAction(null)}
        onRemoved={() => void query.refetch()}
      />
    </Page>
  );
};
