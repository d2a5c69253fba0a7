import { useTranslation } from "react-i18next";
import { Button } from "../kit/button.tsx";
import { Form } from "../kit/form.tsx";
import { PasswordField, TextField } from "../kit/text-fields.tsx";
import { CardPage } from "../shell/card-page.tsx";

export const SignInPage = () => {
  const { t } = useTranslation("sign-in");
  return (
    <CardPage title={t("title")}>
      <Form onSubmit={async () => {}}>
        {(busy) => (
          <>
            <TextField name="identifier" label={t("identifier")} autoComplete="username webauthn" isRequired />
            <PasswordField name="password" label={t("password")} autoComplete="current-password" isRequired />
            <Button type="submit" variant="primary" wide isPending={busy}>
              {t("title")}
            </Button>
          </>
        )}
      </Form>
    </CardPage>
  );
};
