import { useTranslation } from "react-i18next";
import type { LoginState } from "../../client/index.ts";
import { Button } from "../kit/button.tsx";
import { CardPage } from "../shell/card-page.tsx";
import { Confirmation } from "./confirmation.tsx";
import { Enrolment } from "./enrolment.tsx";
import { PasswordRequired } from "./password-required.tsx";
import { SecondFactor } from "./second-factor.tsx";
import { SignedIn } from "./signed-in.tsx";

interface LoginStepPageProps {
  /** A login whose first factor was accepted. */
  readonly login: Exclude<LoginState, { step: "CREDENTIALS" }>;
  readonly returnTo?: string | undefined;
}

/** What follows the first factor, on whichever page the login began. */
export const LoginStepPage = ({ login, returnTo }: LoginStepPageProps) => {
  switch (login.step) {
    case "PASSWORD_REQUIRED":
      return <PasswordRequired login={login} />;
    case "SECOND_FACTOR":
      return <SecondFactor key={login.factor} login={login} />;
    case "CONFIRMATION":
      return <Confirmation login={login} />;
    case "ENROLMENT":
      return <Enrolment login={login} />;
    case "SIGNED_IN":
      return <SignedIn login={login} returnTo={returnTo} />;
    case "UNKNOWN":
      return <NewerVersion />;
  }
};

/** A step that this version of the pages does not know, because the server was updated after the page was loaded. */
const NewerVersion = () => {
  const { t } = useTranslation("sign-in");
  return (
    <CardPage title={t("newer.title")} description={t("newer.text")}>
      <Button variant="primary" wide onPress={() => location.reload()}>
        {t("newer.action")}
      </Button>
    </CardPage>
  );
};
