import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAction } from "../kit/action.tsx";
import { Button } from "../kit/button.tsx";
import { ConfirmDialog } from "../kit/dialog.tsx";
import { Badge } from "../kit/display.tsx";
import { Row, Section } from "../kit/layout.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { BackupCodesDialog } from "./backup-codes-dialog.tsx";
import { DisableTotpDocument, EnableTotpDocument, type EnableTotpMutation } from "./factors.documents.ts";
import type { FactorsOfUser } from "./factors-of-user.ts";
import { TotpSetup } from "./totp-setup.tsx";

type Setup = EnableTotpMutation["enableTotp"];

/** The authenticator app: set up with a first code, then backup codes, which are shown once. */
export const TotpSection = ({ me }: { readonly me: FactorsOfUser }) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const [setup, setSetup] = useState<Setup | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const begin = useAction(async () => setSetup((await mutate(EnableTotpDocument, {})).enableTotp));
  const { totpEnabled } = me.mfa;
  return (
    <Section
      title={t("factors.totp")}
      description={t("factors.totpText")}
      action={
        <Badge tone={totpEnabled ? "success" : "neutral"}>{totpEnabled ? t("factors.on") : t("factors.off")}</Badge>
      }
    >
      {begin.failure}
      <Row>
        <Button variant={totpEnabled ? "secondary" : "primary"} isPending={begin.busy} onPress={() => begin.start()}>
          {totpEnabled ? t("factors.replace") : t("factors.setUp")}
        </Button>
        {totpEnabled && <DisableTotp />}
      </Row>
      {setup && (
        <TotpSetup
          setup={setup}
          onClose={() => setSetup(null)}
          onEnabled={() => {
            setSetup(null);
            setCodes(setup.backupCodes);
          }}
        />
      )}
      {codes && (
        <BackupCodesDialog
          codes={codes}
          onClose={() => {
            setCodes(null);
            announce(t("factors.enabled"));
          }}
        />
      )}
    </Section>
  );
};

const DisableTotp = () => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button onPress={() => setAsks(true)}>{t("factors.disable")}</Button>
      <ConfirmDialog
        title={t("factors.disableTitle")}
        action={t("factors.disable")}
        destructive
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={async () => {
          await mutate(DisableTotpDocument, {});
          announce(t("factors.disabled"));
        }}
      >
        {t("factors.disableText")}
      </ConfirmDialog>
    </>
  );
};
