import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SessionSummary, SignedInState } from "../../client/index.ts";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { Time } from "../kit/display.tsx";
import { Item, Items } from "../kit/layout.tsx";
import { CardPage } from "../shell/card-page.tsx";
import { Waiting } from "../shell/states.tsx";
import { dismissFactorHint, isFactorHintDismissed } from "./factor-hint.ts";
import { FactorSetup } from "./factor-setup.tsx";
import { useLeave } from "./use-leave.ts";

interface SignedInProps {
  readonly login: SignedInState;
  readonly returnTo?: string | undefined;
}

/** The login is complete. What the user must know first is shown; otherwise the page leads on immediately. */
export const SignedIn = ({ login, returnTo }: SignedInProps) => {
  const leave = useLeave();
  const [hasSeenEnded, setSeenEnded] = useState(login.evictedSessions.length === 0);
  const [offersFactor] = useState(
    () => login.mfaRecommended && login.enrolmentTicket !== null && !login.user.mfa.enabled && !isFactorHintDismissed(),
  );
  const isDone = hasSeenEnded && !offersFactor;
  const left = useRef(false);
  useEffect(() => {
    if (!isDone || left.current) return;
    left.current = true;
    leave(returnTo);
  }, [isDone, leave, returnTo]);

  if (!hasSeenEnded) return <EndedSessions sessions={login.evictedSessions} onContinue={() => setSeenEnded(true)} />;
  if (isDone) return <Waiting />;
  return <FactorOffer ticket={login.enrolmentTicket} onDone={() => leave(returnTo)} />;
};

interface EndedSessionsProps {
  readonly sessions: readonly SessionSummary[];
  readonly onContinue: () => void;
}

/** The tenant limits the number of sessions: which ones this login has ended. */
const EndedSessions = ({ sessions, onContinue }: EndedSessionsProps) => {
  const { t } = useTranslation("sign-in");
  return (
    <CardPage title={t("evicted.title", { count: sessions.length })} description={t("evicted.text")}>
      <Items label={t("evicted.list")}>
        {sessions.map(({ id, device, location, lastActivityAt }) => (
          <Item key={id} title={device.label}>
            {location && <span>{location.label} · </span>}
            {t("evicted.lastActive")} <Time at={lastActivityAt} />
          </Item>
        ))}
      </Items>
      <Alert tone="info">{t("evicted.advice")}</Alert>
      <Button variant="primary" wide autoFocus onPress={onContinue}>
        {t("continue")}
      </Button>
    </CardPage>
  );
};

interface FactorOfferProps {
  readonly ticket: string | null;
  readonly onDone: () => void;
}

/** Suggests a second factor; this login may add one without another proof. */
const FactorOffer = ({ ticket, onDone }: FactorOfferProps) => {
  const { t } = useTranslation("sign-in");
  const later = () => {
    dismissFactorHint();
    onDone();
  };
  return (
    <FactorSetup
      title={t("protect.title")}
      text={t("protect.text")}
      ticket={ticket}
      onAdded={async () => onDone()}
      footer={
        <Button variant="quiet" onPress={later}>
          {t("protect.later")}
        </Button>
      }
    />
  );
};
