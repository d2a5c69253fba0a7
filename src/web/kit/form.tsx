import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Form as AriaForm } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import { type ErrorReason, errorOf } from "../../client/index.ts";
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
  /** The fields that reasons are about: their errors are shown there, not above the form. */
  readonly fieldOf?: Partial<Record<ErrorReason, string>>;
  readonly label?: string;
}

/** A form that is sent once for each press, with the API's errors above it and beside its fields. */
export const Form = ({ onSubmit, children, describeError, fieldOf = {}, label }: FormProps) => {
  const errorText = useErrorText();
  const fieldErrors = useFieldErrors(fieldOf);
  const form = useRef<HTMLFormElement>(null);
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

  useEffect(() => {
    if (failure !== null) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [failure]);

  const errors = fieldErrors(failure);
  const isAtField = errorOf(failure)?.reason && Object.keys(errors).length > 0;
  return (
    <AriaForm
      ref={form}
      className={styles.form as string}
      onSubmit={submit}
      validationErrors={errors}
      {...(label && { "aria-label": label })}
    >
      {failure !== null && !isAtField && <Alert tone="danger">{describeError?.(failure) ?? errorText(failure)}</Alert>}
      {typeof children === "function" ? children(busy) : children}
    </AriaForm>
  );
};

/** What to show beside the fields: the text of the reason that is about one, or that the API does not accept it. */
const useFieldErrors = (fieldOf: Partial<Record<ErrorReason, string>>) => {
  const { t } = useTranslation("errors");
  const errorText = useErrorText();
  return (failure: unknown): Record<string, string> => {
    const reason = errorOf(failure)?.reason;
    const field = reason && fieldOf[reason];
    if (field) return { [field]: errorText(failure) };
    return Object.fromEntries(invalidFieldsOf(failure).map((name) => [name, t("invalidField")]));
  };
};
