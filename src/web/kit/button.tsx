import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { Link as AriaLink, type LinkProps as AriaLinkProps } from "react-aria-components/Link";
import styles from "./button.module.css";
import { classes } from "./classes.ts";
import { Spinner } from "./spinner.tsx";

interface Look {
  /** `primary`: the one action that the page is for. */
  readonly variant?: "primary" | "secondary" | "quiet" | "danger";
  readonly size?: "normal" | "small" | "icon";
  /** As wide as its container. */
  readonly wide?: boolean;
}

const lookOf = ({ variant = "secondary", size = "normal", wide = false }: Look): string =>
  classes(
    styles.button,
    styles[variant],
    size === "small" && styles.small,
    size === "icon" && styles.icon,
    wide && styles.wide,
  );

interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children">, Look {
  readonly children: ReactNode;
}

/** While `isPending`, it keeps its focus and its size, ignores presses, and screen readers say that it is busy. */
export const Button = ({ variant, size, wide, children, ...props }: ButtonProps) => (
  <AriaButton {...props} className={classes(lookOf({ variant, size, wide }), props.isPending && styles.pending)}>
    <span className={styles.label}>{children}</span>
    {props.isPending && <Spinner className={styles.spinner} />}
  </AriaButton>
);

interface LinkButtonProps extends Omit<AriaLinkProps, "className" | "style" | "children">, Look {
  readonly children: ReactNode;
}

/** A link that looks like a button: it leads elsewhere, and changes nothing. */
export const LinkButton = ({ variant, size, wide, children, ...props }: LinkButtonProps) => (
  <AriaLink {...props} className={lookOf({ variant, size, wide })}>
    {children}
  </AriaLink>
);
