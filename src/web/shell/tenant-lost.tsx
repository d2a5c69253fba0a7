import { DoorClosed } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { TenantError } from "../../client/index.ts";
import { auth } from "../auth.ts";
import { useAction } from "../kit/action.tsx";
import { Button } from "../kit/button.tsx";
import { EmptyState } from "../kit/display.tsx";
import { Page, Row } from "../kit/layout.tsx";
import { useEnterTenant } from "./enter-tenant.ts";

interface TenantLostProps {
  readonly error: TenantError;
  readonly tenantId: string;
}

/** Instead of a page, if the user can no longer work in this tab's tenant. Other tabs are not affected. */
export const TenantLost = ({ error, tenantId }: TenantLostProps) => {
  const { t } = useTranslation();
  const enter = useEnterTenant();
  const goHome = useAction(() => auth.switchTenant(null));
  const prove = useAction(async () => {
    // In the home tenant the step-up is possible.
    await auth.switchTenant(null);
    await enter(tenantId);
  });
  return (
    <Page title={t("tenants.lostTitle")}>
      {goHome.failure || prove.failure}
      <EmptyState
        icon={<DoorClosed aria-hidden size={32} />}
        title={t(`tenants.lost.${error}`)}
        action={
          <Row>
            {error === "TENANT_REQUIRES_SECOND_FACTOR" && (
              <Button variant="primary" isPending={prove.busy} onPress={() => prove.start()}>
                {t("tenants.prove")}
              </Button>
            )}
            <Button
              variant={error === "TENANT_REQUIRES_SECOND_FACTOR" ? "secondary" : "primary"}
              isPending={goHome.busy}
              onPress={() => goHome.start()}
            >
              {t("tenants.goHome")}
            </Button>
          </Row>
        }
      >
        {t("tenants.lostText")}
      </EmptyState>
    </Page>
  );
};
