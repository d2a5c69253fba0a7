import { useTranslation } from "react-i18next";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { useErrorText } from "../kit/errors.ts";
import { CardPage } from "../shell/card-page.tsx";
import { Done, InvalidLink } from "./link-page.tsx";
import { useAnswer } from "./use-answer.ts";

type Kind = "denyLogin" | "confirmEmailChange" | "cancelFactorReset";

interface OneButtonProps {
  readonly kind: Kind;
  /** Sends the user's answer; returns what the last text names. */
  readonly send: () => Promise<{ readonly email?: string }>;
  readonly destructive?: boolean;
  /** Where to go afterwards, and from a link that is no longer valid. */
  readonly next?: { readonly href: string; readonly label: string };
}

/** A page with one question and one button. A user who does not want it closes the page. */
export const OneButton = ({ kind, send, destructive = false, next }: OneButtonProps) => {
  const { t } = useTranslation("links");
  const errorText = useErrorText();
  const answer = useAnswer<{ readonly email?: string }>();
  if (answer.isInvalid) return <InvalidLink kind={kind} next={next} />;
  if (answer.result !== null)
    return (
      <Done title={t(`${kind}.doneTitle`)} next={next}>
        {t(`${kind}.done`, { email: answer.result.email ?? "" })}
      </Done>
    );
  return (
    <CardPage title={t(`${kind}.title`)} description={t(`${kind}.text`)}>
      {answer.failure !== null && <Alert tone="danger">{errorText(answer.failure)}</Alert>}
      <Button
        variant={destructive ? "danger" : "primary"}
        wide
        isPending={answer.busy}
        onPress={() => answer.send(send)}
      >
        {t(`${kind}.action`)}
      </Button>
    </CardPage>
  );
};
