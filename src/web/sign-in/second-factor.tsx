import { KeyRound, LifeBuoy, Mail, Smartphone } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SecondFactor as Factor, SecondFactorState } from "../../client/index.ts";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { Stack } from "../kit/layout.tsx";
import { CardPage } from "../shell/card-page.tsx";
import { CodeForm } from "./code-form.tsx";
import { Failure } from "./failure.tsx";

/** Loaded on demand: dialogs are a fifth of the script of all other steps. */
const FactorReset = lazy(() => import("./factor-reset.tsx").then((page) => ({ default: page.FactorReset })));

const ICONS = { TOTP: Smartphone, PASSKEY: KeyRound, EMAIL_CODE: Mail, BACKUP_CODE: LifeBuoy };

/** The second step: the preferred factor first, and the others on demand. */
export const SecondFactor = ({ login }: { readonly login: SecondFactorState }) => {
  const { t } = useTranslation("sign-in");
  return (
    <CardPage
      title={t(`factors.${login.factor}.title`)}
      description={<Description login={login} />}
      footer={
        <Button variant="quiet" size="small" onPress={login.restart}>
          {t("startAgain")}
        </Button>
      }
    >
      <Stack>
        <Reason login={login} />
        <Failure error={login.error} />
        {login.factor === "PASSKEY" ? (
          <Button variant="primary" wide autoFocus isPending={login.busy} onPress={login.usePasskey}>
            <KeyRound aria-hidden size={18} />
            {t("factors.PASSKEY.action")}
          </Button>
        ) : (
          <CodeForm login={login} />
        )}
        <OtherWays login={login} />
      </Stack>
    </CardPage>
  );
};

const Description = ({ login }: { readonly login: SecondFactorState }) => {
  const { t } = useTranslation("sign-in");
  if (login.factor === "EMAIL_CODE") return t("factors.EMAIL_CODE.text", { address: login.codeSentTo ?? "" });
  return t(`factors.${login.factor}.text`);
};

const REASONS = ["HIGH_RISK", "TENANT_POLICY", "ENROLMENT_REQUIRED", "ADDRESS_UNPROVED"] as const;

/** Why a code is asked for, if the user has not asked for it themselves. */
const Reason = ({ login }: { readonly login: SecondFactorState }) => {
  const { t } = useTranslation("sign-in");
  const reason = REASONS.find((known) => known === login.reason);
  return reason && <Alert tone="info">{t(`reasons.${reason}`)}</Alert>;
};

/** “Can't access it?”: the other factors, and for those who have lost all of them, a reset. */
const OtherWays = ({ login }: { readonly login: SecondFactorState }) => {
  const { t } = useTranslation("sign-in");
  const [isOpen, setOpen] = useState(false);
  const others = login.factors.filter((factor) => factor !== login.factor);
  const canReset = login.reason === "SECOND_FACTOR_ENABLED";
  if (others.length === 0 && !canReset) return null;
  if (!isOpen)
    return (
      <Button variant="quiet" aria-expanded={false} onPress={() => setOpen(true)}>
        {t("noAccess")}
      </Button>
    );
  return (
    <Stack>
      {others.map((factor, index) => (
        <OtherWay key={factor} factor={factor} autoFocus={index === 0} onPress={() => login.chooseFactor(factor)} />
      ))}
      {canReset && (
        <Suspense>
          <FactorReset login={login} />
        </Suspense>
      )}
    </Stack>
  );
};

interface OtherWayProps {
  readonly factor: Factor;
  readonly autoFocus: boolean;
  readonly onPress: () => void;
}

const OtherWay = ({ factor, autoFocus, onPress }: OtherWayProps) => {
  const { t } = useTranslation("sign-in");
  const Icon = ICONS[factor];
  return (
    <Button wide autoFocus={autoFocus} onPress={onPress}>
      <Icon aria-hidden size={18} />
      {t(`factors.${factor}.use`)}
    </Button>
  );
};
