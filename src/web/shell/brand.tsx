import { CONFIG } from "../config.ts";
import styles from "./brand.module.css";

interface BrandProps {
  readonly brand?: { readonly name: string; readonly logoUrl: string | null } | null;
}

/** The logo and the name of the product, or those of a tenant. */
export const Brand = ({ brand = null }: BrandProps) => {
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
