import { useMutation } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../../kit/dialog.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { type ListedTenantFragment, ReactivateTenantDocument, SuspendTenantDocument } from "./tenants.documents.ts";

interface TenantStatusDialogProps {
  readonly tenant: ListedTenantFragment;
  readonly onClose: () => void;
}

/** Suspends a tenant, or ends its suspension. */
export const TenantStatusDialog = ({ tenant: { id, name, status }, onClose }: TenantStatusDialogProps) => {
  const { t } = useTranslation("administration");
  const [suspend] = useMutation(SuspendTenantDocument);
  const [reactivate] = useMutation(ReactivateTenantDocument);
  const kind = status === "ACTIVE" ? "suspend" : "reactivate";
  const confirm = async () => {
    const options = { variables: { input: { tenantId: id } } };
    await (kind === "suspend" ? suspend(options) : reactivate(options));
    announce(t(`tenants.done.${kind}`, { name }));
  };
  return (
    <ConfirmDialog
      title={t(`tenants.title.${kind}`, { name })}
      action={t(`tenants.action.${kind}`)}
      destructive={kind === "suspend"}
      isOpen
      onClose={onClose}
      onConfirm={confirm}
    >
      {t(`tenants.text.${kind}`)}
    </ConfirmDialog>
  );
};
