import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { CONFIG } from "../config.ts";
import { useTitle } from "../kit/layout.tsx";
import { Brand } from "./brand.tsx";
import styles from "./card-page.module.css";
import { LocaleMenu } from "./locale-menu.tsx";

interface CardPageProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly children: ReactNode;
  /** Links below the card: other ways in, or back. */
  readonly footer?: ReactNode;
}

/** A page with one task, before the user is signed in. */
export const CardPage = ({ title, description, children, footer }: CardPageProps) => {
  const { t } = useTranslation();
  useTitle(title);
  const main = useRef<HTMLElement>(null);
  // Another task takes the focus, as another document would, unless one of its fields has it already.
  useEffect(() => {
    const { current } = main;
    if (!current?.contains(document.activeElement)) current?.querySelector("h1")?.focus({ preventScroll: true });
  }, []);
  return (
    <div className={styles.page}>
      <main className={styles.main} ref={main}>
        <Brand />
        <div className={styles.card}>
          <header className={styles.head}>
            <h1 tabIndex={-1}>{title}</h1>
            {description && <p className={styles.description}>{description}</p>}
          </header>
          {children}
        </div>
        {footer && <div className={styles.below}>{footer}</div>}
      </main>
      <footer className={styles.footer}>
        <LocaleMenu />
        {CONFIG.supportUrl && <a href={CONFIG.supportUrl}>{t("help")}</a>}
      </footer>
    </div>
  );
};
