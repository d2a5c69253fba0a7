import { type ReactNode, useEffect } from "react";
import type { HexColor } from "#shared/contrast";
import { CONFIG } from "../config.ts";
import { BrandContext, type TenantBrand } from "../shell/brand.tsx";
import type { AuthSettings, SignInOffer } from "./auth-settings.ts";

interface TenantPagesProps {
  readonly offer: SignInOffer;
  readonly children: ReactNode;
}

/** Pages in the brand of the tenant that the address names. */
export const TenantPages = ({ offer, children }: TenantPagesProps) => {
  const { settings, tenant } = offer;
  useBrandColor(settings?.brand.color ?? null);
  return <BrandContext value={settings && brandOf(settings, tenant !== null)}>{children}</BrandContext>;
};

/** Without a brand, the default tenant's pages show the product, and those of others the tenant's name. */
const brandOf = ({ brand, tenantName }: AuthSettings, isNamed: boolean): TenantBrand | null => {
  if (brand.name === null && brand.logoUrl === null && !isNamed) return null;
  return { name: brand.name ?? (isNamed ? tenantName : CONFIG.product), logoUrl: brand.logoUrl };
};

/** Replaces the colours of the installation, by a style sheet that needs no element (CSSOM, section 6.1). */
const useBrandColor = (color: string | null): void => {
  useEffect(() => {
    if (color === null) return;
    const sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    void import("#shared/brand-style").then(({ brandStyleOf }) => sheet.replaceSync(brandStyleOf(color as HexColor)));
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    };
  }, [color]);
};
