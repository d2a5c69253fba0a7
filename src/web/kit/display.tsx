import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/formats.ts";
import { classes } from "./classes.ts";
import styles from "./display.module.css";

export type Tone = "neutral" | "brand" | "success" | "warning" | "danger";

/** A word that describes a thing's state. Its colour only repeats what the word says. */
export const Badge = ({ tone = "neutral", children }: { readonly tone?: Tone; readonly children: ReactNode }) => (
  <span className={classes(styles.badge, tone !== "neutral" && styles[tone])}>{children}</span>
);

/** An instant: how long ago it was, and exactly when, on hover. `exact` shows date and time. */
export const Time = ({ at, exact = false }: { readonly at: string; readonly exact?: boolean }) => {
  const formats = useFormats();
  return (
    <time dateTime={at} title={formats.exact(at)} className={styles.nowrap}>
      {exact ? formats.dateTime(at) : formats.relative(at)}
    </time>
  );
};

/** Names and values. A value of null is left out with its name. */
export const Details = ({ items }: { readonly items: readonly (readonly [name: string, value: ReactNode])[] }) => (
  <dl className={styles.details}>
    {items
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => (
        <div key={name} className={styles.detail}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
);

interface EmptyStateProps {
  readonly icon?: ReactNode;
  readonly title: string;
  /** What the user can do about it. */
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** What a list shows if there is nothing in it. */
export const EmptyState = ({ icon, title, children, action }: EmptyStateProps) => (
  <div className={styles.empty}>
    {icon}
    <h3>{title}</h3>
    {children && <p>{children}</p>}
    {action}
  </div>
);

/** Stands for content that is being loaded. */
export const Skeleton = ({ lines = 3 }: { readonly lines?: number }) => {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("loading")} className={styles.skeletons}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all lines are the same.
        <span key={line} className={styles.skeleton} />
      ))}
    </div>
  );
};

interface ProgressProps {
  readonly label: string;
  /** 0 to 1; null while it is not known. */
  readonly value: number | null;
}

export const Progress = ({ label, value }: ProgressProps) => {
  const formats = useFormats();
  return (
    <div className={styles.progress}>
      <div className={styles.progressText}>
        <span>{label}</span>
        {value !== null && <span>{formats.percent(value)}</span>}
      </div>
      <progress aria-label={label} className={styles.bar} {...(value !== null && { value })} max={1} />
    </div>
  );
};
