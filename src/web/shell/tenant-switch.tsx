import { Building2, ChevronsUpDown, Settings2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Alert } from "../kit/alert.tsx";
import { Button, LinkButton } from "../kit/button.tsx";
import { Dialog, DialogActions } from "../kit/dialog.tsx";
import { useErrorText } from "../kit/errors.ts";
import { Menu } from "../kit/menu.tsx";
import { announce } from "../kit/toasts.tsx";
import { requiresFactor, useEnterTenant } from "./enter-tenant.ts";
import styles from "./tenant-switch.module.css";
import type { ShellUser } from "./use-shell-user.ts";

/** The tenant of this tab, for users of several. Other tabs keep theirs. */
export const TenantSwitch = ({ data: { me, tenant } }: { readonly data: ShellUser }) => {
  const { t } = useTranslation();
  const enter = useEnterTenant();
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const others = me.memberships.filter(({ status }) => status === "ACTIVE");
  if (others.length < 2) return null;

  const open = async ({ id, name }: ShellUser["tenant"]) => {
    try {
      await enter(id);
      announce(t("tenants.entered", { name }));
    } catch (failure) {
      setRefusal({ name, failure, needsFactor: requiresFactor(failure) && !me.mfa.enabled });
    }
  };

  return (
    <>
      <Menu
        label={t("switchTenant")}
        trigger={
          <Button variant="quiet" aria-label={t("tenants.current", { name: tenant.name })}>
            <Building2 aria-hidden size={18} />
            <bdi className={styles.name}>{tenant.name}</bdi>
            <ChevronsUpDown aria-hidden size={14} />
          </Button>
        }
        actions={[
          ...others.map(({ tenant: other, isHome }) => ({
            id: other.id,
            label: other.name,
            ...(isHome && { description: t("tenants.home") }),
            isCurrent: other.id === tenant.id,
            onAction: () => void (other.id !== tenant.id && open(other)),
          })),
          {
            id: "manage",
            label: t("tenants.manage"),
            icon: <Settings2 aria-hidden size={16} />,
            href: "/account/memberships",
          },
        ]}
      />
      {refusal && <RefusalDialog {...refusal} onClose={() => setRefusal(null)} />}
    </>
  );
};

interface Refusal {
  readonly name: string;
  readonly failure: unknown;
  /** The user has none that could be asked for. */
  readonly needsFactor: boolean;
}

const RefusalDialog = ({ name, failure, needsFactor, onClose }: Refusal & { readonly onClose: () => void }) => {
  const { t } = useTranslation();
  const errorText = useErrorText();
  return (
    <Dialog title={t("tenants.refused", { name })} isOpen onClose={onClose}>
      <Alert tone="warning">{needsFactor ? t("tenants.needsFactor") : errorText(failure)}</Alert>
      <DialogActions>
        <Button onPress={onClose}>{t("close")}</Button>
        {needsFactor && (
          <LinkButton variant="primary" href="/account/factors" onPress={onClose}>
            {t("tenants.addFactor")}
          </LinkButton>
        )}
      </DialogActions>
    </Dialog>
  );
};
