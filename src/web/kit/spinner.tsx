import { classes } from "./classes.ts";
import styles from "./spinner.module.css";

/** Only shows that something is going on; the text beside it says what. */
export const Spinner = ({ className }: { readonly className?: string | undefined }) => (
  <span aria-hidden="true" className={classes(styles.spinner, className)} />
);
