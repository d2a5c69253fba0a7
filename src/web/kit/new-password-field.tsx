import { useState } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "./classes.ts";
import styles from "./new-password-field.module.css";
import { type PasswordRating, ratePassword } from "./password-strength.ts";
import { PasswordField } from "./text-fields.tsx";

interface NewPasswordFieldProps {
  readonly name: string;
  readonly label: string;
  readonly minLength: number;
  /** The user's names and addresses, which the password must not contain. */
  readonly own?: readonly string[];
  readonly autoFocus?: boolean;
}

/** A password to choose: its rules, and how strong it is while it is typed. It is typed once, because it can be shown. */
export const NewPasswordField = ({ name, label, minLength, own = [], autoFocus }: NewPasswordFieldProps) => {
  const { t } = useTranslation();
  const [password, setPassword] = useState("");
  const rating = ratePassword(password, { minLength, own });
  return (
    <div className={styles.field}>
      <PasswordField
        name={name}
        label={label}
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
        minLength={minLength}
        maxLength={128}
        description={t("newPassword.rules", { count: minLength })}
        isRequired
        autoFocus={autoFocus}
      />
      {password !== "" && <Meter rating={rating} minLength={minLength} />}
    </div>
  );
};

const Meter = ({ rating, minLength }: { readonly rating: PasswordRating; readonly minLength: number }) => {
  const { t } = useTranslation();
  const { strength, fault } = rating;
  const text = fault ? t(`newPassword.faults.${fault}`, { count: minLength }) : t(`newPassword.strengths.${strength}`);
  return (
    <div className={styles.meter}>
      <div aria-hidden="true" className={classes(styles.bars, styles[`strength${strength}`])}>
        {[1, 2, 3, 4].map((bar) => (
          <span key={bar} className={classes(styles.bar, bar <= strength && styles.filled)} />
        ))}
      </div>
      <span aria-live="polite" className={styles.text}>
        {text}
      </span>
    </div>
  );
};
