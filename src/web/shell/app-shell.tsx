import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Menu as MenuIcon, X } from "lucide-react";
import { Fragment, type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../client/react/index.ts";
import { Button } from "../kit/button.tsx";
import { classes } from "../kit/classes.ts";
import { Toasts } from "../kit/toasts.tsx";
import styles from "./app-shell.module.css";
import { Brand } from "./brand.tsx";
import { useSignedOut } from "./signed-out.ts";
import { StepUpDialog } from "./step-up.tsx";
import { TenantLost } from "./tenant-lost.tsx";

export interface NavItem {
  readonly to: string;
  readonly label: string;
  readonly icon: ReactNode;
  /** Shown beside the label: how many things wait there. */
  readonly count?: number | undefined;
  /** Only this address, not those below it. */
  readonly exact?: boolean;
}

interface AppShellProps {
  readonly navLabel: string;
  readonly groups: readonly { readonly title?: string; readonly items: readonly NavItem[] }[];
  /** At the end of the bar on top: tenant and user. */
  readonly tools: ReactNode;
  /** Instead of the page of the address. */
  readonly children?: ReactNode;
}

/** The frame of the pages for signed-in users: a bar on top, and a list of pages that phones show on demand. */
export const AppShell = ({ navLabel, groups, tools, children = <Outlet /> }: AppShellProps) => {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const { tenantId, tenantError } = useSession();
  const main = useMainFocus(`${path} ${tenantId}`);
  useSignedOut();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the list.
  useEffect(() => setOpen(false), [path]);
  return (
    <div className={styles.shell}>
      <a href="#main" className={styles.skip}>
        {t("skipToContent")}
      </a>
      <header className={styles.bar}>
        <Button
          variant="quiet"
          size="icon"
          aria-label={open ? t("closeMenu") : t("openMenu")}
          aria-expanded={open}
          onPress={() => setOpen(!open)}
        >
          {open ? <X aria-hidden size={20} /> : <MenuIcon aria-hidden size={20} />}
        </Button>
        <Link to="/" className={styles.home}>
          <Brand />
        </Link>
        <div className={styles.tools}>{tenantError === null && <Fragment key={tenantId}>{tools}</Fragment>}</div>
      </header>
      <nav aria-label={navLabel} className={classes(styles.nav, open && styles.open)}>
        {groups.map(({ title, items }, index) => (
          <div key={title ?? index} className={styles.group}>
            {title && <h2 className={styles.groupTitle}>{title}</h2>}
            {/* biome-ignore lint/a11y/noRedundantRoles: Safari drops the role of lists without markers. */}
            <ul role="list">
              {items.map(({ to, label, icon, count, exact = false }) => (
                <li key={to}>
                  <Link to={to} activeOptions={{ exact }} className={styles.link}>
                    {icon}
                    <span className={styles.linkText}>{label}</span>
                    {count !== undefined && count > 0 && <span className={styles.count}>{count}</span>}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <main id="main" tabIndex={-1} ref={main} className={styles.main}>
        {tenantError !== null && tenantId !== null ? (
          <TenantLost error={tenantError} tenantId={tenantId} />
        ) : (
          // Pages of another tenant start again: nothing of the previous one stays.
          <Fragment key={tenantId}>{children}</Fragment>
        )}
      </main>
      <StepUpDialog />
      <Toasts />
    </div>
  );
};

/** Moves the focus to the content when the page or its tenant changes, as a browser does with a new document. */
const useMainFocus = (content: string) => {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(content);
  useEffect(() => {
    if (shown.current === content) return;
    shown.current = content;
    main.current?.focus({ preventScroll: true });
  }, [content]);
  return main;
};
