import type { TypedDocumentNode } from "@apollo/client";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../../kit/dialog.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { type ListedTenantFragment, ReactivateTenantDocument, SuspendTenantDocument } from "./tenants.documents.ts";

interface TenantStatusDialogProps {
  readonly tenant: ListedTenantFragment;
  readonly onClose: () => void;
}

/** Suspends a tenant, or ends its suspension. */
export const TenantStatusDialog = ({ tenant: { id, name, status }, onClose }: TenantStatusDialogProps) => {
  const { t } = useTranslation("administration");
  const mutate = useMutate();
  const kind = status === "ACTIVE" ? "suspend" : "reactivate";
  const confirm = async () => {
    await mutate(MUTATIONS[kind], { input: { tenantId: id } });
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

const MUTATIONS: Readonly<
  Record<"suspend" | "reactivate", TypedDocumentNode<unknown, { input: { tenantId: string } }>>
> = { suspend: SuspendTenantDocument, reactivate: ReactivateTenantDocument };
