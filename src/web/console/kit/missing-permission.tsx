import { Lock } from "lucide-react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "../../kit/button.tsx";
import { EmptyState } from "../../kit/display.tsx";
import { Page } from "../../kit/layout.tsx";
import { type ConsolePage, navigationOf } from "../navigation.tsx";
import { useViewer } from "./viewer.tsx";

/** Instead of a page that the viewer may not open: why not, and where else to go. */
export const MissingPermission = ({ page }: { readonly page: ConsolePage }) => {
  const { t } = useTranslation(["console", "common"]);
  const viewer = useViewer();
  const allowed = navigationOf(viewer)[0]?.pages[0];
  const values = { permission: page.permission, tenant: viewer.tenant.name };
  return (
    <Page title={t(`pages.${page.label}`)}>
      <EmptyState
        icon={<Lock aria-hidden size={32} />}
        title={t("missingPermission.title")}
        action={
          <LinkButton href={allowed?.to ?? "/account"}>
            {allowed ? t("missingPermission.elsewhere", { page: t(`pages.${allowed.label}`) }) : t("common:account")}
          </LinkButton>
        }
      >
        {page.permission === null ? t("missingPermission.any", values) : t("missingPermission.one", values)}
      </EmptyState>
    </Page>
  );
};
