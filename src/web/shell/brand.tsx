import { createContext, useContext } from "react";
import { CONFIG } from "../config.ts";
import styles from "./brand.module.css";

/** How a tenant presents itself on its sign-in page. */
export interface TenantBrand {
  readonly name: string;
  /** Null: its name only. */
  readonly logoUrl: string | null;
}

/** The tenant's brand, on the pages before a session; null for that of the installation. */
export const BrandContext = createContext<TenantBrand | null>(null);

/** The logo and the name of the product, or those of a tenant. */
export const Brand = () => {
  const brand = useContext(BrandContext);
  const name = brand?.name ?? CONFIG.product;
  const logo = brand ? brand.logoUrl : CONFIG.brand.logo;
  return (
    <div className={styles.brand}>
      {logo ? <img src={logo} alt="" className={styles.logo} /> : !brand && <Portcullis />}
      <span className={styles.name} dir="auto">
        {name}
      </span>
    </div>
  );
};

const Portcullis = () => (
  <svg aria-hidden="true" viewBox="0 0 32 32" className={styles.mark}>
    <path d="M5 29V14a11 11 0 0 1 22 0v15M11 8.5V26M16 5v21M21 8.5V26M6 15h20M6 22h20" />
  </svg>
);
