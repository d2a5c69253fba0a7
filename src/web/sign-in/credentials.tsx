import { Link } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { Trans, useTranslation } from "react-i18next";
import type { CredentialsState } from "../../client/index.ts";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { Form } from "../kit/form.tsx";
import { Stack } from "../kit/layout.tsx";
import { PasswordField, TextField } from "../kit/text-fields.tsx";
import { CardPage } from "../shell/card-page.tsx";
import type { SignInOffer } from "./auth-settings.ts";
import styles from "./credentials.module.css";
import { Failure } from "./failure.tsx";
import { SessionNotice } from "./session-notice.tsx";
import type { SignInSearch } from "./sign-in-search.ts";
import { SocialButtons } from "./social-buttons.tsx";

interface CredentialsProps {
  readonly login: CredentialsState;
  readonly offer: SignInOffer;
  readonly search: SignInSearch;
}

/** The first step, with every way to sign in that this tenant offers. */
export const Credentials = ({ login, offer, search }: CredentialsProps) => {
  const { t } = useTranslation("sign-in");
  const { settings } = offer;
  const hasOthers = settings !== null && (settings.passkeys || settings.socialProviders.length > 0);
  return (
    <CardPage title={t("title")} footer={<Below offer={offer} search={search} />}>
      <Stack>
        {login.restartReason ? <Restart login={login} /> : <SessionNotice />}
        {!login.restartReason && <Failure error={login.error} />}
        <PasswordForm login={login} search={search} />
        {hasOthers && (
          <>
            <div className={styles.or}>{t("or")}</div>
            <div className={styles.others}>
              {settings.passkeys && (
                <Button wide isDisabled={login.busy} onPress={() => login.logInWithPasskey()}>
                  <KeyRound aria-hidden size={18} />
                  {t("passkey")}
                </Button>
              )}
              <SocialButtons login={login} offer={offer} returnTo={search.return_to} />
            </div>
          </>
        )}
      </Stack>
    </CardPage>
  );
};

const PasswordForm = ({ login, search }: Pick<CredentialsProps, "login" | "search">) => {
  const { t } = useTranslation("sign-in");
  return (
    <Form
      label={t("title")}
      onSubmit={({ identifier = "", password = "" }) => login.logInWithPassword({ identifier, password })}
    >
      <TextField
        name="identifier"
        label={t("identifier")}
        autoComplete="username webauthn"
        autoCapitalize="none"
        spellCheck="false"
        isRequired
        autoFocus
      />
      <PasswordField name="password" label={t("password")} autoComplete="current-password" isRequired />
      <Button type="submit" variant="primary" wide isPending={login.busy}>
        {t("submit")}
      </Button>
      <Link to="/forgot-password" search={search} className={styles.link}>
        {t("forgot")}
      </Link>
    </Form>
  );
};

/** Why a login that was in progress starts again. */
const Restart = ({ login }: Pick<CredentialsProps, "login">) => {
  const { t } = useTranslation("sign-in");
  const { restartReason, error } = login;
  if (restartReason === null) return null;
  if (restartReason === "REFUSED") return <Failure error={error} />;
  return (
    <Alert tone={restartReason === "EXPIRED" ? "info" : "warning"} title={t(`restart.${restartReason}.title`)}>
      {t(`restart.${restartReason}.text`)}
    </Alert>
  );
};

const Below = ({ offer, search }: Pick<CredentialsProps, "offer" | "search">) => {
  const { t } = useTranslation("sign-in");
  const registration = offer.settings?.registration;
  if (registration === undefined || registration === "INVITE_ONLY") return null;
  return (
    <p>
      <Trans t={t} i18nKey="newHere" components={{ a: <Link to="/sign-up" search={search} /> }} />
    </p>
  );
};
