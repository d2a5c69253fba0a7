import { Ellipsis } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../i18n/formats.ts";
import { Button } from "../../../kit/button.tsx";
import { Badge, Time } from "../../../kit/display.tsx";
import { Muted } from "../../../kit/layout.tsx";
import { Menu } from "../../../kit/menu.tsx";
import type { TableColumn } from "../../../kit/table.tsx";
import { useUrlState } from "../../kit/filters/url-state.ts";
import type { TenantAction } from "./tenant-action.ts";
import type { ListedTenantFragment } from "./tenants.documents.ts";

export const useTenantColumns = (ask: (action: TenantAction) => void): readonly TableColumn<ListedTenantFragment>[] => {
  const { t } = useTranslation("administration");
  const formats = useFormats();
  return [
    {
      id: "name",
      title: t("tenants.column.name"),
      cell: ({ name, slug }) => (
        <div>
          <strong>
            <bdi>{name}</bdi>
          </strong>
          <div>
            <Muted small>{slug}</Muted>
          </div>
        </div>
      ),
    },
    {
      id: "status",
      title: t("tenants.column.status"),
      cell: ({ status }) => (
        <Badge tone={status === "ACTIVE" ? "success" : "danger"}>{t(`tenants.status.${status}`)}</Badge>
      ),
    },
    {
      id: "domains",
      title: t("tenants.column.domains"),
      cell: ({ domains }) => <bdi>{formats.list(domains ?? [])}</bdi>,
    },
    { id: "createdAt", title: t("tenants.column.createdAt"), cell: ({ createdAt }) => <Time at={createdAt} /> },
    { id: "actions", title: t("actions"), cell: (tenant) => <TenantMenu tenant={tenant} ask={ask} /> },
  ];
};

interface TenantMenuProps {
  readonly tenant: ListedTenantFragment;
  readonly ask: (action: TenantAction) => void;
}

const TenantMenu = ({ tenant, ask }: TenantMenuProps) => {
  const { t } = useTranslation("administration");
  const url = useUrlState();
  const label = t("tenants.actionsOf", { name: tenant.name });
  const isActive = tenant.status === "ACTIVE";
  return (
    <Menu
      label={label}
      trigger={
        <Button variant="quiet" size="icon" aria-label={label}>
          <Ellipsis aria-hidden size={18} />
        </Button>
      }
      actions={[
        { id: "show", label: t("tenants.action.show"), onAction: () => url.set({ tenant: tenant.id }) },
        { id: "domains", label: t("tenants.action.domains"), onAction: () => ask({ kind: "domains", tenant }) },
        {
          id: "status",
          label: isActive ? t("tenants.action.suspend") : t("tenants.action.reactivate"),
          destructive: isActive,
          onAction: () => ask({ kind: "status", tenant }),
        },
      ]}
    />
  );
};
