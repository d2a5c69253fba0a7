import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "../../../kit/button.tsx";
import { Page, Section } from "../../../kit/layout.tsx";
import { QueryView } from "../../../kit/query-view.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { useTenant } from "../../kit/use-tenant.ts";
import { type BrandOfTenantFragment, ConsoleBrandDocument, UpdateBrandDocument } from "./brand.documents.ts";
import type { BrandChange } from "./brand-change.ts";
import { ColorForm, NameForm } from "./brand-forms.tsx";
import { LogoChoice } from "./logo-choice.tsx";

/** What users of the tenant see above the sign-in. */
export const BrandPage = () => {
  const { t } = useTranslation(["administration", "console"]);
  const query = useQuery(ConsoleBrandDocument, { variables: { tenantId: useTenant().id } });
  return (
    <Page title={t("console:pages.brand")} description={t("brand.description")}>
      <QueryView query={query}>
        {({ node }) => node?.__typename === "Tenant" && <BrandOfTenant key={node.id} tenant={node} />}
      </QueryView>
    </Page>
  );
};

const BrandOfTenant = ({ tenant }: { readonly tenant: BrandOfTenantFragment }) => {
  const { t } = useTranslation("administration");
  const mutate = useMutate();
  const save = async (change: BrandChange) => {
    await mutate(UpdateBrandDocument, { input: { ...change, tenantId: tenant.id } });
    announce(t("brand.saved"));
  };
  const { name, color, logoUrl } = tenant.brand;
  return (
    <>
      <Section
        title={t("brand.logo")}
        description={t("brand.logoHint")}
        action={
          <LinkButton size="small" href={`/sign-in?tenant=${encodeURIComponent(tenant.slug)}`} target="_blank">
            {t("brand.preview")}
          </LinkButton>
        }
      >
        <LogoChoice name={name ?? tenant.name} logoUrl={logoUrl} onChange={(logo) => save({ logo })} />
      </Section>
      <Section title={t("brand.name")} description={t("brand.nameHint")}>
        <NameForm key={name} name={name} fallback={tenant.name} onSave={save} />
      </Section>
      <Section title={t("brand.color")} description={t("brand.colorHint")}>
        <ColorForm key={color} color={color} onSave={save} />
      </Section>
    </>
  );
};
