import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../kit/button.tsx";
import { Form } from "../kit/form.tsx";
import { TextField } from "../kit/text-fields.tsx";
import { request } from "../request.ts";
import { CardPage } from "../shell/card-page.tsx";
import { CheckMail } from "./check-mail.tsx";
import { RequestPasswordResetDocument } from "./forgot-password.documents.ts";

const route = getRouteApi("/forgot-password");

/** Asks for a link to choose a new password. The answer is the same for every address. */
export const ForgotPasswordPage = () => {
  const { t } = useTranslation("sign-in");
  const search = route.useSearch();
  const [email, setEmail] = useState<string | null>(null);
  const send = (address: string) => request(RequestPasswordResetDocument, { input: { email: address } });
  if (email !== null)
    return <CheckMail kind="reset" email={email} onResend={() => send(email)} onBack={() => setEmail(null)} />;
  const submit = async ({ email: address = "" }) => {
    await send(address);
    setEmail(address);
  };
  return (
    <CardPage
      title={t("forgotPassword.title")}
      description={t("forgotPassword.text")}
      footer={
        <Link to="/sign-in" search={search}>
          {t("toSignIn")}
        </Link>
      }
    >
      <Form onSubmit={submit}>
        {(busy) => (
          <>
            <TextField name="email" type="email" label={t("email")} autoComplete="username" isRequired autoFocus />
            <Button type="submit" variant="primary" wide isPending={busy}>
              {t("forgotPassword.action")}
            </Button>
          </>
        )}
      </Form>
    </CardPage>
  );
};
