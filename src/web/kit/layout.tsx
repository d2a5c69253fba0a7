import { type ReactNode, useEffect } from "react";
import { CONFIG } from "../config.ts";
import { classes } from "./classes.ts";
import styles from "./layout.module.css";

interface SectionProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** A button beside the title. */
  readonly action?: ReactNode;
  readonly children?: ReactNode;
}

/** A part of a page, with a heading. */
export const Section = ({ title, description, action, children }: SectionProps) => (
  <section className={styles.section}>
    <div className={styles.sectionHead}>
      <div className={styles.sectionTitle}>
        <h2>{title}</h2>
        {description && <p className={styles.muted}>{description}</p>}
      </div>
      {action}
    </div>
    {children}
  </section>
);

/** A part of a page whose heading is that of the page. */
export const Card = ({ children }: { readonly children: ReactNode }) => (
  <div className={styles.section}>{children}</div>
);

interface PageProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

/** The content of one address: its heading, which is also the title of the window, and its sections. */
export const Page = ({ title, description, action, children }: PageProps) => {
  useTitle(title);
  return (
    <div className={styles.stack}>
      <header className={styles.pageHead}>
        <div className={styles.sectionTitle}>
          <h1>{title}</h1>
          {description && <p className={styles.muted}>{description}</p>}
        </div>
        {action}
      </header>
      {children}
    </div>
  );
};

export const useTitle = (title: string): void => {
  useEffect(() => {
    document.title = `${title} · ${CONFIG.product}`;
  }, [title]);
};

export const Stack = ({ children }: { readonly children: ReactNode }) => <div className={styles.stack}>{children}</div>;

/** Beside each other; wraps on narrow screens. */
export const Row = ({ children }: { readonly children: ReactNode }) => <div className={styles.row}>{children}</div>;

export const Muted = ({ children, small = false }: { readonly children: ReactNode; readonly small?: boolean }) => (
  <span className={classes(styles.muted, small && styles.small)}>{children}</span>
);

/** A short list of things, each with actions at its end. */
export const Items = ({ children, label }: { readonly children: ReactNode; readonly label?: string }) => (
  // Safari does not announce lists without markers as lists unless they have the role.
  // biome-ignore lint/a11y/noRedundantRoles: see above.
  <ul role="list" className={styles.items} {...(label && { "aria-label": label })}>
    {children}
  </ul>
);

interface ItemProps {
  readonly icon?: ReactNode;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

export const Item = ({ icon, title, children, action }: ItemProps) => (
  <li>
    {icon && <span className={styles.itemIcon}>{icon}</span>}
    <div className={styles.itemText}>
      <strong>{title}</strong>
      {children && <div className={classes(styles.muted, styles.small)}>{children}</div>}
    </div>
    {action}
  </li>
);
