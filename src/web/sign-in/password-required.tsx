import { useTranslation } from "react-i18next";
import type { PasswordRequiredState } from "../../client/index.ts";
import { Button } from "../kit/button.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { NewPasswordField } from "../kit/new-password-field.tsx";
import { TextField } from "../kit/text-fields.tsx";
import { CardPage } from "../shell/card-page.tsx";
import { MIN_PASSWORD_LENGTH } from "./auth-settings.ts";
import { Failure } from "./failure.tsx";

/** The link of a registration was opened in another browser: what was typed there does not count, so it is asked for here. */
export const PasswordRequired = ({ login }: { readonly login: PasswordRequiredState }) => {
  const { t } = useTranslation("sign-in");
  const submit = ({ password = "", name }: FormValues) => login.setPassword({ password, ...(name && { name }) });
  return (
    <CardPage title={t("choosePassword.title")} description={t("choosePassword.text")}>
      <Failure error={login.error} />
      <Form onSubmit={submit}>
        <TextField name="name" label={t("name")} autoComplete="name" autoFocus />
        <NewPasswordField name="password" label={t("password")} minLength={MIN_PASSWORD_LENGTH} />
        <Button type="submit" variant="primary" wide isPending={login.busy}>
          {t("choosePassword.action")}
        </Button>
      </Form>
    </CardPage>
  );
};
