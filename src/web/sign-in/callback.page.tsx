import { Navigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CredentialsState } from "../../client/index.ts";
import { useLogin } from "../../client/react/index.ts";
import { ADDRESS_SECRETS } from "../address-secrets.ts";
import { Alert } from "../kit/alert.tsx";
import { LinkButton } from "../kit/button.tsx";
import { CardPage } from "../shell/card-page.tsx";
import { Waiting } from "../shell/states.tsx";
import { Failure } from "./failure.tsx";
import { LOGIN } from "./login-options.ts";
import { LoginStepPage } from "./login-step-page.tsx";
import { readSocialIntent } from "./social-intent.ts";

/** Where providers send the user back to: a login continues here, and an account is linked on the page that asked for it. */
export const CallbackPage = () => {
  const [intent] = useState(readSocialIntent);
  if (intent.kind === "LINK") return <Navigate to={intent.page} replace />;
  return <SocialLogin returnTo={intent.returnTo} tenant={intent.tenant} />;
};

interface SocialLoginProps {
  readonly returnTo?: string | undefined;
  readonly tenant?: string | undefined;
}

const SocialLogin = ({ returnTo, tenant }: SocialLoginProps) => {
  const login = useLogin(LOGIN);
  const started = useRef(false);
  useEffect(() => {
    if (started.current || login.step !== "CREDENTIALS" || ADDRESS_SECRETS.socialCallback === null) return;
    started.current = true;
    void login.finishSocialLogin(ADDRESS_SECRETS.socialCallback);
  }, [login]);
  if (login.step !== "CREDENTIALS") return <LoginStepPage login={login} returnTo={returnTo} />;
  const isOver = ADDRESS_SECRETS.socialCallback === null || login.error !== null || login.restartReason !== null;
  return isOver ? <Failed login={login} search={{ return_to: returnTo, tenant }} /> : <Waiting />;
};

interface FailedProps {
  readonly login: CredentialsState;
  readonly search: { readonly return_to?: string | undefined; readonly tenant?: string | undefined };
}

/** The provider refused, the login took too long, or the page was opened without the provider's answer. */
const Failed = ({ login, search }: FailedProps) => {
  const { t } = useTranslation("sign-in");
  const query = new URLSearchParams(Object.entries(search).filter((entry): entry is [string, string] => !!entry[1]));
  return (
    <CardPage title={t("callback.title")}>
      {login.error ? <Failure error={login.error} /> : <Alert tone="info">{t("callback.nothing")}</Alert>}
      <LinkButton href={`/sign-in?${query}`} variant="primary" wide>
        {t("toSignIn")}
      </LinkButton>
    </CardPage>
  );
};
