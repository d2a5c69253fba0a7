import { Eye, EyeOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import {
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
} from "react-aria-components/TextField";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { classes } from "./classes.ts";
import styles from "./fields.module.css";

export interface TextFieldProps extends Omit<AriaTextFieldProps, "className" | "style" | "children"> {
  readonly label: string;
  readonly description?: ReactNode;
  readonly placeholder?: string;
  /** `none` for names that phones must not capitalise. */
  readonly autoCapitalize?: "none";
}

interface FieldProps extends TextFieldProps {
  readonly children: ReactNode;
}

const Field = ({ label, description, placeholder: _, autoCapitalize: __, children, ...props }: FieldProps) => (
  <AriaTextField {...props} className={styles.field as string}>
    <Label className={styles.label as string}>{label}</Label>
    {children}
    {description && (
      <Text slot="description" className={styles.description as string}>
        {description}
      </Text>
    )}
    <FieldError className={styles.error as string} />
  </AriaTextField>
);

/** A line of text. An address, a username and a code are typed from left to right in every language. */
export const TextField = (props: TextFieldProps) => (
  <Field {...props}>
    <Input
      className={styles.input as string}
      placeholder={props.placeholder}
      autoCapitalize={props.autoCapitalize}
      {...((props.type === "email" || props.type === "url") && { dir: "ltr" })}
    />
  </Field>
);

/** Several lines of text. */
export const TextAreaField = (props: TextFieldProps) => (
  <Field {...props}>
    <TextArea className={classes(styles.input, styles.text)} placeholder={props.placeholder} />
  </Field>
);

interface PasswordFieldProps extends Omit<TextFieldProps, "type" | "autoComplete"> {
  /** `new-password` makes password managers offer one. */
  readonly autoComplete: "current-password" | "new-password";
}

/** A password, which the user can show while typing it. */
export const PasswordField = (props: PasswordFieldProps) => {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  return (
    <Field {...props} type={shown ? "text" : "password"}>
      <div className={styles.withButton}>
        <Input className={styles.input as string} dir="ltr" spellCheck="false" autoCapitalize="off" />
        <Button
          variant="quiet"
          size="icon"
          slot={null}
          aria-label={shown ? t("hidePassword") : t("showPassword")}
          onPress={() => setShown(!shown)}
        >
          {shown ? <EyeOff aria-hidden size={18} /> : <Eye aria-hidden size={18} />}
        </Button>
      </div>
    </Field>
  );
};

interface CodeFieldProps extends Omit<TextFieldProps, "type" | "inputMode" | "autoComplete"> {
  /** Backup codes have letters. */
  readonly alphanumeric?: boolean;
}

/** A one-time code. Browsers offer one that has just arrived by mail or message. */
export const CodeField = ({ alphanumeric = false, ...props }: CodeFieldProps) => (
  <Field {...props} type="text" inputMode={alphanumeric ? "text" : "numeric"} autoComplete="one-time-code">
    <Input className={classes(styles.input, styles.code)} spellCheck="false" autoCapitalize="off" />
  </Field>
);
