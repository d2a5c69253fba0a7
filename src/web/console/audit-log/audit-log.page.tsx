import { useQuery } from "@apollo/client/react";
import { Download, History } from "lucide-react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "../../kit/button.tsx";
import { EmptyState } from "../../kit/display.tsx";
import { Card, Page } from "../../kit/layout.tsx";
import { QueryView } from "../../kit/query-view.tsx";
import { ConnectionTable, NO_ROWS, usePage } from "../kit/connection-table.tsx";
import { shownOf } from "../kit/shown-query.ts";
import { useTenant } from "../kit/use-tenant.ts";
import { useCan } from "../kit/viewer.tsx";
import { AuditLogDocument, type AuditLogQuery } from "./audit-log.documents.ts";
import { useEventColumns } from "./event-columns.tsx";
import { EventFilters, useEventFilter, useExportAddress } from "./event-filters.tsx";

const POLL_MS = 15_000;

/** Everything that happened in a tenant. The first page updates by itself while it is visible. */
export const AuditLogPage = () => {
  const { t } = useTranslation("console");
  const can = useCan();
  const columns = useEventColumns();
  const page = usePage();
  const isFirst = page.after === null && page.before === null;
  const query = useQuery(AuditLogDocument, {
    variables: { tenantId: useTenant().id, filter: useEventFilter(), ...page },
    fetchPolicy: "cache-and-network",
    pollInterval: isFirst ? POLL_MS : 0,
    skipPollAttempt: () => document.hidden,
  });
  const shown = shownOf(query);
  const exportAddress = useExportAddress();
  return (
    <Page
      title={t("pages.auditLog")}
      description={t("auditLog.description")}
      action={
        can("exports:create") && (
          <LinkButton href={exportAddress}>
            <Download aria-hidden size={16} />
            {t("auditLog.export")}
          </LinkButton>
        )
      }
    >
      <Card>
        <EventFilters />
        <QueryView query={shown}>
          {(data) => (
            <ConnectionTable
              label={t("pages.auditLog")}
              columns={columns}
              connection={connectionOf(data)}
              isStale={shown.isStale}
              empty={<EmptyState icon={<History aria-hidden size={32} />} title={t("auditLog.empty")} />}
            />
          )}
        </QueryView>
      </Card>
    </Page>
  );
};

const connectionOf = ({ node }: AuditLogQuery) =>
  (node?.__typename === "Tenant" ? node.securityEvents : null) ?? NO_ROWS;
