import { useTranslation } from "react-i18next";
import type { AppCodeState, EmailCodeState } from "../../client/index.ts";
import { Button } from "../kit/button.tsx";
import { Checkbox } from "../kit/choice-fields.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { CodeField } from "../kit/text-fields.tsx";
import { useCountdown } from "./use-countdown.ts";

type CodeState = AppCodeState | EmailCodeState;

/** A code of an app, of a mail, or of the list of backup codes. */
export const CodeForm = ({ login }: { readonly login: CodeState }) => {
  const { t } = useTranslation("sign-in");
  const submit = ({ code = "", trust }: FormValues) => login.submitCode(code, { trustDevice: trust !== undefined });
  return (
    <Form onSubmit={submit}>
      <CodeField
        name="code"
        label={t(`factors.${login.factor}.code`)}
        alphanumeric={login.factor === "BACKUP_CODE"}
        isRequired
        autoFocus
      />
      <Checkbox name="trust">{t("trustDevice")}</Checkbox>
      <Button type="submit" variant="primary" wide isPending={login.busy}>
        {t("submit")}
      </Button>
      {login.factor === "EMAIL_CODE" && <Resend login={login} />}
    </Form>
  );
};

const Resend = ({ login }: { readonly login: EmailCodeState }) => {
  const { t } = useTranslation("sign-in");
  const seconds = useCountdown(login.canResendAt);
  return (
    <Button variant="quiet" isDisabled={seconds > 0 || login.busy} onPress={() => login.resendCode()}>
      {seconds > 0 ? t("resendIn", { count: seconds }) : t("resend")}
    </Button>
  );
};
