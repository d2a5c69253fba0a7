import { Languages } from "lucide-react";
import { useTranslation } from "react-i18next";
import { CONFIG } from "../config.ts";
import { switchLocale } from "../i18n/i18n.ts";
import styles from "./locale-menu.module.css";

/** The languages by their own names. The system's own list works best on phones. */
export const LocaleMenu = () => {
  const { t, i18n } = useTranslation();
  return (
    <label className={styles.label}>
      <Languages aria-hidden size={16} />
      <span className={styles.name}>{t("language")}</span>
      <select
        className={styles.select}
        value={i18n.language}
        onChange={(event) => void switchLocale(event.currentTarget.value)}
      >
        {Object.entries(CONFIG.locales).map(([locale, name]) => (
          <option key={locale} value={locale} lang={locale}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
};
