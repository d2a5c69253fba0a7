import { useTranslation } from "react-i18next";
import { useLogin } from "../../client/react/index.ts";
import { Button } from "../kit/button.tsx";
import { CardPage } from "../shell/card-page.tsx";
import { Failure } from "../sign-in/failure.tsx";
import { LOGIN } from "../sign-in/login-options.ts";
import { LoginStepPage } from "../sign-in/login-step-page.tsx";
import { InvalidLink, isInvalidLink, LinkPage } from "./link-page.tsx";

interface VerifyProps {
  readonly kind: "verifyEmail" | "activate";
  readonly token: string;
}

export const VerifyEmailPage = () => (
  <LinkPage kind="verifyEmail">{(token) => <Verify kind="verifyEmail" token={token} />}</LinkPage>
);

/** The first administrator of a new tenant. */
export const ActivatePage = () => (
  <LinkPage kind="activate">{(token) => <Verify kind="activate" token={token} />}</LinkPage>
);

/** In the browser that registered, the user is signed in at once; elsewhere they choose a password first. */
const Verify = ({ kind, token }: VerifyProps) => {
  const { t } = useTranslation("links");
  const login = useLogin(LOGIN);
  if (login.step !== "CREDENTIALS") return <LoginStepPage login={login} />;
  if (isInvalidLink(login.error)) {
    const href = kind === "activate" ? "/sign-up/company" : "/sign-in";
    return <InvalidLink kind={kind} next={{ href, label: t(`${kind}.next`) }} />;
  }
  return (
    <CardPage title={t(`${kind}.title`)} description={t(`${kind}.text`)}>
      <Failure error={login.error} />
      <Button variant="primary" wide autoFocus isPending={login.busy} onPress={() => login.verifyEmail({ token })}>
        {t(`${kind}.action`)}
      </Button>
    </CardPage>
  );
};
