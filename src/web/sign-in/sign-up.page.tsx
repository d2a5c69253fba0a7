import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { Trans, useTranslation } from "react-i18next";
import { Alert } from "../kit/alert.tsx";
import { Button, LinkButton } from "../kit/button.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { NewPasswordField } from "../kit/new-password-field.tsx";
import { TextField } from "../kit/text-fields.tsx";
import { request } from "../request.ts";
import { CardPage } from "../shell/card-page.tsx";
import { MIN_PASSWORD_LENGTH } from "./auth-settings.ts";
import { AwaitApproval, CheckMail } from "./check-mail.tsx";
import { RegisterDocument, type RegistrationNext, ResendVerificationEmailDocument } from "./sign-up.documents.ts";
import { TenantPages } from "./tenant-pages.tsx";

const route = getRouteApi("/sign-up");

interface Registered {
  readonly email: string;
  readonly next: RegistrationNext;
}

export const SignUpPage = () => (
  <TenantPages offer={route.useLoaderData()}>
    <Registration />
  </TenantPages>
);

const Registration = () => {
  const { settings, tenant } = route.useLoaderData();
  const [registered, setRegistered] = useState<Registered | null>(null);
  if (settings?.registration === "INVITE_ONLY") return <InviteOnly />;
  if (registered === null) return <SignUp onRegistered={setRegistered} />;
  const { email, next } = registered;
  if (next === "AWAIT_APPROVAL") return <AwaitApproval email={email} />;
  const resend = () => request(ResendVerificationEmailDocument, { input: { email, tenant } });
  return <CheckMail kind="verify" email={email} onResend={resend} onBack={() => setRegistered(null)} />;
};

const SignUp = ({ onRegistered }: { readonly onRegistered: (registered: Registered) => void }) => {
  const { t, i18n } = useTranslation("sign-in");
  const { settings, tenant } = route.useLoaderData();
  const search = route.useSearch();
  const [own, setOwn] = useState({ name: "", email: "" });
  const submit = async ({ email = "", password = "", name }: FormValues) => {
    const input = {
      email,
      password,
      tenant,
      locale: i18n.language,
      transport: "COOKIE" as const,
      ...(name && { name }),
    };
    onRegistered({ email, next: (await request(RegisterDocument, { input })).next });
  };
  return (
    <CardPage title={t("signUp.title")} footer={<SignInInstead />}>
      {settings?.registration === "APPROVAL" && <Alert tone="info">{t("signUp.approval")}</Alert>}
      <Form onSubmit={submit} fieldOf={{ WEAK_PASSWORD: "password", EMAIL_TAKEN: "email" }}>
        {(busy) => (
          <>
            <TextField
              name="name"
              label={t("name")}
              autoComplete="name"
              maxLength={200}
              onChange={(name) => setOwn({ ...own, name })}
              autoFocus
            />
            <TextField
              name="email"
              type="email"
              label={t("email")}
              autoComplete="username"
              onChange={(email) => setOwn({ ...own, email })}
              isRequired
            />
            <NewPasswordField
              name="password"
              label={t("password")}
              minLength={settings?.passwordMinLength ?? MIN_PASSWORD_LENGTH}
              own={[own.name, own.email]}
            />
            <Button type="submit" variant="primary" wide isPending={busy}>
              {t("signUp.action")}
            </Button>
          </>
        )}
      </Form>
      {search.tenant === undefined && (
        <p>
          <Trans t={t} i18nKey="signUp.company" components={{ a: <Link to="/sign-up/company" /> }} />
        </p>
      )}
    </CardPage>
  );
};

/** For those who have an account already. */
export const SignInInstead = () => {
  const { t } = useTranslation("sign-in");
  return (
    <p>
      <Trans t={t} i18nKey="signUp.signIn" components={{ a: <Link to="/sign-in" search={true} /> }} />
    </p>
  );
};

const InviteOnly = () => {
  const { t } = useTranslation("sign-in");
  return (
    <CardPage title={t("signUp.title")} description={t("signUp.inviteOnly")}>
      <LinkButton href="/sign-in" variant="primary" wide>
        {t("toSignIn")}
      </LinkButton>
    </CardPage>
  );
};
