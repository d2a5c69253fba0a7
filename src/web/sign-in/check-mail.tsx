import { Hourglass, MailCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Alert } from "../kit/alert.tsx";
import { Button, LinkButton } from "../kit/button.tsx";
import { EmptyState } from "../kit/display.tsx";
import { useErrorText } from "../kit/errors.ts";
import { Stack } from "../kit/layout.tsx";
import { CardPage } from "../shell/card-page.tsx";
import { useCountdown } from "./use-countdown.ts";

/** As long as the API waits between two mails. */
const RESEND_MS = 30_000;

interface CheckMailProps {
  readonly kind: "verify" | "reset" | "activate";
  readonly email: string;
  /** Absent if the mail cannot be sent again from here. */
  readonly onResend?: () => Promise<unknown>;
  /** Back to the form, for another address. */
  readonly onBack: () => void;
}

/** A mail was sent, or it was not, because the address is unknown or taken: the page does not reveal which. */
export const CheckMail = ({ kind, email, onResend, onBack }: CheckMailProps) => {
  const { t } = useTranslation("sign-in");
  return (
    <CardPage title={t("checkMail.title")}>
      <Stack>
        <EmptyState icon={<MailCheck aria-hidden size={36} />} title={email}>
          {t(`checkMail.${kind}`)}
        </EmptyState>
        {onResend && <Resend onResend={onResend} />}
        <Button variant="quiet" onPress={onBack}>
          {t("checkMail.otherAddress")}
        </Button>
      </Stack>
    </CardPage>
  );
};

const Resend = ({ onResend }: { readonly onResend: () => Promise<unknown> }) => {
  const { t } = useTranslation("sign-in");
  const errorText = useErrorText();
  const [canResendAt, setCanResendAt] = useState(() => Date.now() + RESEND_MS);
  const [state, setState] = useState<"IDLE" | "BUSY" | "SENT">("IDLE");
  const [failure, setFailure] = useState<unknown>(null);
  const seconds = useCountdown(canResendAt);
  const resend = async () => {
    setState("BUSY");
    setFailure(null);
    try {
      await onResend();
      setCanResendAt(Date.now() + RESEND_MS);
      setState("SENT");
    } catch (thrown) {
      setFailure(thrown);
      setState("IDLE");
    }
  };
  return (
    <>
      {failure !== null && <Alert tone="danger">{errorText(failure)}</Alert>}
      {state === "SENT" && <Alert tone="success">{t("checkMail.sentAgain")}</Alert>}
      <Button wide isDisabled={seconds > 0} isPending={state === "BUSY"} onPress={resend}>
        {seconds > 0 ? t("checkMail.resendIn", { count: seconds }) : t("checkMail.resend")}
      </Button>
    </>
  );
};

/** The tenant's admins decide about the registration. */
export const AwaitApproval = ({ email }: { readonly email: string }) => {
  const { t } = useTranslation("sign-in");
  return (
    <CardPage title={t("approval.title")}>
      <EmptyState
        icon={<Hourglass aria-hidden size={36} />}
        title={email}
        action={
          <LinkButton href="/sign-in" variant="secondary">
            {t("toSignIn")}
          </LinkButton>
        }
      >
        {t("approval.text")}
      </EmptyState>
    </CardPage>
  );
};
