import { useTranslation } from "react-i18next";
import type { EnrolmentState } from "../../client/index.ts";
import { Button } from "../kit/button.tsx";
import { FactorSetup } from "./factor-setup.tsx";

/** The tenant requires a second factor: for some minutes this login can do nothing but add one. */
export const Enrolment = ({ login }: { readonly login: EnrolmentState }) => {
  const { t } = useTranslation("sign-in");
  return (
    <FactorSetup
      title={t("enrol.title")}
      text={t("enrol.text")}
      ticket={null}
      error={login.error}
      onAdded={login.finishEnrolment}
      footer={
        <Button variant="quiet" size="small" onPress={login.restart}>
          {t("startAgain")}
        </Button>
      }
    />
  );
};
