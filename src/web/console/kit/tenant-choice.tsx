import { skipToken, useQuery } from "@apollo/client/react";
import { Building2, ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { useUrlState } from "./filters/url-state.ts";
import { SearchMenu } from "./search-menu.tsx";
import { ConsoleTenantNameDocument, ConsoleTenantsDocument } from "./tenant-choice.documents.ts";
import styles from "./tenant-choice.module.css";
import { useDebounced } from "./use-debounced.ts";
import { useTenant } from "./use-tenant.ts";

const PAUSE_MS = 150;

/** For operators: the tenant that the console shows, or all of them. */
export const TenantChoice = () => {
  const { t } = useTranslation(["console", "common"]);
  const { chosenId } = useTenant();
  const [isOpen, setOpen] = useState(false);
  const { data } = useQuery(ConsoleTenantNameDocument, chosenId === null ? skipToken : { variables: { id: chosenId } });
  const name = data?.node?.__typename === "Tenant" ? data.node.name : t("common:unknown");
  const shown = chosenId === null ? t("tenantChoice.all") : name;
  return (
    <>
      <Button
        variant="quiet"
        size="small"
        aria-label={t("tenantChoice.label", { name: shown })}
        onPress={() => setOpen(true)}
      >
        <Building2 aria-hidden size={16} />
        <span className={styles.name}>{shown}</span>
        <ChevronDown aria-hidden size={16} />
      </Button>
      <Dialog title={t("tenantChoice.title")} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Tenants onChoose={() => setOpen(false)} />
      </Dialog>
    </>
  );
};

const Tenants = ({ onChoose }: { readonly onChoose: () => void }) => {
  const { t } = useTranslation(["console", "common"]);
  const url = useUrlState();
  const [typed, setTyped] = useState("");
  const search = useDebounced(typed.trim(), PAUSE_MS) || null;
  const { data, previousData } = useQuery(ConsoleTenantsDocument, { variables: { search } });
  const tenants = (data ?? previousData)?.tenants.nodes ?? [];
  const icon = <Building2 aria-hidden size={16} />;
  const all = { id: "ALL", text: t("tenantChoice.all"), icon, onAction: () => url.set({ tenant: null }) };
  const found = tenants.map(({ id, name, slug }) => ({
    id,
    text: name,
    detail: slug,
    icon,
    isFound: true,
    onAction: () => url.set({ tenant: id }),
  }));
  return (
    <SearchMenu
      label={t("tenantChoice.search")}
      placeholder={t("tenantChoice.search")}
      typed={typed}
      onType={setTyped}
      sections={[{ id: "tenants", title: t("tenantChoice.tenants"), items: [all, ...found] }]}
      empty={t("tenantChoice.empty")}
      onChoose={onChoose}
    />
  );
};
