import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { Page } from "../../../kit/layout.tsx";
import { QueryView } from "../../../kit/query-view.tsx";
import { useTenant } from "../../kit/use-tenant.ts";
import { ConsolePolicyDocument } from "./policy.documents.ts";
import { PolicyEditor } from "./policy-editor.tsx";

/** How the tenant's users register and log in. */
export const PolicyPage = () => {
  const { t } = useTranslation(["administration", "console"]);
  const tenantId = useTenant().id;
  const query = useQuery(ConsolePolicyDocument, { variables: { tenantId } });
  return (
    <Page title={t("console:pages.policy")} description={t("policy.description")}>
      <QueryView query={query}>
        {({ node }) =>
          node?.__typename === "Tenant" && <PolicyEditor key={node.id} tenantId={node.id} policy={node.policy} />
        }
      </QueryView>
    </Page>
  );
};
