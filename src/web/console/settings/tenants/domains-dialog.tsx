import { useFragment } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { useAction } from "../../../kit/action.tsx";
import { Button } from "../../../kit/button.tsx";
import { Dialog, DialogActions } from "../../../kit/dialog.tsx";
import { Form, type FormValues } from "../../../kit/form.tsx";
import { Item, Items, Muted } from "../../../kit/layout.tsx";
import { TextField } from "../../../kit/text-fields.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { AddTenantDomainDocument, ListedTenantFragmentDoc, RemoveTenantDomainDocument } from "./tenants.documents.ts";

interface DomainsDialogProps {
  readonly tenantId: string;
  readonly onClose: () => void;
}

/** The e-mail domains that the operator has recorded as the tenant's: its admins manage all users with such an address. */
export const DomainsDialog = ({ tenantId, onClose }: DomainsDialogProps) => {
  const { t } = useTranslation(["administration", "common"]);
  const mutate = useMutate();
  const { data } = useFragment({
    fragment: ListedTenantFragmentDoc,
    from: { __typename: "Tenant", id: tenantId },
  });
  const domains = data?.domains ?? [];
  const submit = async ({ domain = "" }: FormValues) => {
    await mutate(AddTenantDomainDocument, { input: { tenantId, domain } });
  };
  return (
    <Dialog title={t("tenants.domains.title", { name: data?.name })} isOpen onClose={onClose}>
      <p>{t("tenants.domains.text")}</p>
      {domains.length === 0 ? (
        <Muted>{t("tenants.domains.empty")}</Muted>
      ) : (
        <Items label={t("tenants.column.domains")}>
          {domains.map((domain) => (
            <Domain key={domain} tenantId={tenantId} domain={domain} />
          ))}
        </Items>
      )}
      {/* Empty again after each domain. */}
      <Form key={domains.length} onSubmit={submit}>
        {(busy) => (
          <>
            <TextField name="domain" label={t("tenants.domains.domain")} placeholder="example.com" isRequired />
            <DialogActions>
              <Button onPress={onClose}>{t("common:close")}</Button>
              <Button type="submit" variant="primary" isPending={busy}>
                {t("tenants.domains.add")}
              </Button>
            </DialogActions>
          </>
        )}
      </Form>
    </Dialog>
  );
};

const Domain = ({ tenantId, domain }: { readonly tenantId: string; readonly domain: string }) => {
  const { t } = useTranslation(["administration", "common"]);
  const mutate = useMutate();
  const removal = useAction(() => mutate(RemoveTenantDomainDocument, { input: { tenantId, domain } }));
  return (
    <Item
      title={<bdi>{domain}</bdi>}
      action={
        <Button
          size="small"
          variant="quiet"
          aria-label={t("tenants.domains.remove", { domain })}
          isPending={removal.busy}
          onPress={() => void removal.start()}
        >
          {t("common:remove")}
        </Button>
      }
    >
      {removal.failure}
    </Item>
  );
};
