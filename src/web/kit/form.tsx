import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { Form as AriaForm } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import { Alert } from "./alert.tsx";
import { invalidFieldsOf, useErrorText } from "./errors.ts";
import styles from "./form.module.css";

/** The fields of a form, by name; a checkbox is "on", or absent. */
export type FormValues = Readonly<Record<string, string>>;

interface FormProps {
  /** Sends the form. If it throws, the form shows why, keeps what was typed, and can be sent again. */
  readonly onSubmit: (values: FormValues) => Promise<unknown>;
  /** The fields, and the button: a function gets whether the form is being sent. */
  readonly children: ReactNode | ((busy: boolean) => ReactNode);
  /** Replaces the text for an error; null for the usual one. */
  readonly describeError?: (thrown: unknown) => ReactNode;
  readonly label?: string;
}

/** A form that is sent once for each press, with the API's errors above it and beside its fields. */
export const Form = ({ onSubmit, children, describeError, label }: FormProps) => {
  const { t } = useTranslation("errors");
  const errorText = useErrorText();
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const sending = useRef(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (sending.current) return;
    sending.current = true;
    setBusy(true);
    setFailure(null);
    try {
      await onSubmit(Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>);
    } catch (thrown) {
      setFailure(thrown);
    } finally {
      sending.current = false;
      setBusy(false);
    }
  };

  const fields = failure === null ? [] : invalidFieldsOf(failure);
  return (
    <AriaForm
      className={styles.form as string}
      onSubmit={submit}
      validationErrors={Object.fromEntries(fields.map((name) => [name, t("invalidField")]))}
      {...(label && { "aria-label": label })}
    >
      {failure !== null && <Alert tone="danger">{describeError?.(failure) ?? errorText(failure)}</Alert>}
      {typeof children === "function" ? children(busy) : children}
    </AriaForm>
  );
};
