import { useTranslation } from "react-i18next";
import { useLogin } from "../../client/react/index.ts";
import { Button } from "../kit/button.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { NewPasswordField } from "../kit/new-password-field.tsx";
import { TextField } from "../kit/text-fields.tsx";
import { CardPage } from "../shell/card-page.tsx";
import { MIN_PASSWORD_LENGTH } from "../sign-in/auth-settings.ts";
import { Failure } from "../sign-in/failure.tsx";
import { LOGIN } from "../sign-in/login-options.ts";
import { LoginStepPage } from "../sign-in/login-step-page.tsx";
import { CheckedLink } from "./checked-link.tsx";
import { InvalidLink, isInvalidLink, LinkPage } from "./link-page.tsx";

export const AcceptInvitationPage = () => (
  <LinkPage kind="acceptInvitation">
    {(token) => (
      <CheckedLink kind="acceptInvitation" token={token}>
        <Accept token={token} />
      </CheckedLink>
    )}
  </LinkPage>
);

const Accept = ({ token }: { readonly token: string }) => {
  const { t } = useTranslation("links");
  const login = useLogin(LOGIN);
  if (login.step !== "CREDENTIALS") return <LoginStepPage login={login} />;
  if (isInvalidLink(login.error)) return <InvalidLink kind="acceptInvitation" />;
  const submit = ({ password = "", username }: FormValues) =>
    login.acceptInvitation({ token, password, ...(username && { username }) });
  return (
    <CardPage title={t("acceptInvitation.title")} description={t("acceptInvitation.text")}>
      <Failure error={login.error} />
      <Form onSubmit={submit}>
        <NewPasswordField name="password" label={t("newPassword")} minLength={MIN_PASSWORD_LENGTH} autoFocus />
        <TextField
          name="username"
          label={t("acceptInvitation.username")}
          description={t("acceptInvitation.usernameHint")}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck="false"
          maxLength={32}
        />
        <Button type="submit" variant="primary" wide isPending={login.busy}>
          {t("acceptInvitation.action")}
        </Button>
      </Form>
    </CardPage>
  );
};
