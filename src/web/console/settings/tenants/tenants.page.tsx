import { useQuery } from "@apollo/client/react";
import { Building2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "../../../kit/button.tsx";
import { EmptyState } from "../../../kit/display.tsx";
import { Card, Page } from "../../../kit/layout.tsx";
import { QueryView } from "../../../kit/query-view.tsx";
import { ConnectionTable, usePage } from "../../kit/connection-table.tsx";
import { ChoiceFilter } from "../../kit/filters/choice-filter.tsx";
import { FilterBar } from "../../kit/filters/filter-bar.tsx";
import { SearchFilter } from "../../kit/filters/search-filter.tsx";
import { useUrlState } from "../../kit/filters/url-state.ts";
import { shownOf } from "../../kit/shown-query.ts";
import { DomainsDialog } from "./domains-dialog.tsx";
import type { TenantAction } from "./tenant-action.ts";
import { useTenantColumns } from "./tenant-columns.tsx";
import { TenantStatusDialog } from "./tenant-status-dialog.tsx";
import { ConsoleAllTenantsDocument } from "./tenants.documents.ts";

const STATUSES = ["ACTIVE", "SUSPENDED"] as const;

/** All tenants of the installation, for operators. */
export const TenantsPage = () => {
  const { t } = useTranslation(["administration", "console"]);
  const url = useUrlState();
  const [action, setAction] = useState<TenantAction | null>(null);
  const columns = useTenantColumns(setAction);
  const query = useQuery(ConsoleAllTenantsDocument, {
    variables: { filter: { search: url.get("search"), status: url.getOneOf("status", STATUSES) }, ...usePage() },
    fetchPolicy: "cache-and-network",
  });
  const shown = shownOf(query);
  const close = () => setAction(null);
  return (
    <Page
      title={t("console:pages.tenants")}
      description={t("tenants.description")}
      action={<LinkButton href="/sign-up/company">{t("tenants.create")}</LinkButton>}
    >
      <Card>
        <FilterBar label={t("tenants.filter")} list="tenants" params={["search", "status"]}>
          <SearchFilter name="search" label={t("console:filters.search")} placeholder={t("tenants.search")} />
          <ChoiceFilter
            name="status"
            label={t("tenants.column.status")}
            options={STATUSES.map((value) => ({ value, label: t(`tenants.status.${value}`) }))}
          />
        </FilterBar>
        <QueryView query={shown}>
          {({ tenants }) => (
            <ConnectionTable
              label={t("console:pages.tenants")}
              columns={columns}
              connection={tenants}
              isStale={shown.isStale}
              empty={
                <EmptyState icon={<Building2 aria-hidden size={32} />} title={t("tenants.empty.title")}>
                  {t("tenants.empty.text")}
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Card>
      {action?.kind === "domains" && <DomainsDialog tenantId={action.tenant.id} onClose={close} />}
      {action?.kind === "status" && <TenantStatusDialog tenant={action.tenant} onClose={close} />}
    </Page>
  );
};
