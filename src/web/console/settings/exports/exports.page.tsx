import { useQuery } from "@apollo/client/react";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { EmptyState } from "../../../kit/display.tsx";
import { Card, Page } from "../../../kit/layout.tsx";
import { QueryView } from "../../../kit/query-view.tsx";
import { ConnectionTable, NO_ROWS, usePage } from "../../kit/connection-table.tsx";
import { shownOf } from "../../kit/shown-query.ts";
import { CreateExportDialog } from "./create-export-dialog.tsx";
import { useExportColumns } from "./export-columns.tsx";
import { ConsoleExportsDocument, type ListedExportFragment } from "./exports.documents.ts";

/** Files with the users or the security events of the tenant of the access token. */
export const ExportsPage = () => {
  const { t } = useTranslation(["administration", "console"]);
  const [isCreating, setCreating] = useState(false);
  const query = useQuery(ConsoleExportsDocument, { variables: usePage(), fetchPolicy: "cache-and-network" });
  const shown = shownOf(query);
  const columns = useExportColumns(() => void query.refetch());
  const button = (
    <Button variant="primary" onPress={() => setCreating(true)}>
      <Download aria-hidden size={18} />
      {t("exports.create")}
    </Button>
  );
  return (
    <Page title={t("console:pages.exports")} description={t("exports.description")} action={button}>
      <Card>
        <QueryView query={shown}>
          {({ tenant }) => (
            <ConnectionTable<ListedExportFragment>
              label={t("console:pages.exports")}
              columns={columns}
              connection={tenant.exports ?? NO_ROWS}
              isStale={shown.isStale}
              empty={
                <EmptyState icon={<Download aria-hidden size={32} />} title={t("exports.empty.title")}>
                  {t("exports.empty.text")}
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Card>
      {isCreating && <CreateExportDialog onClose={() => setCreating(false)} onDone={() => void query.refetch()} />}
    </Page>
  );
};
