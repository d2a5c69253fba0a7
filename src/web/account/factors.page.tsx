import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { useAction } from "../kit/action.tsx";
import { LinkButton } from "../kit/button.tsx";
import { RadioGroup } from "../kit/choice-fields.tsx";
import { Page, Row, Section } from "../kit/layout.tsx";
import { QueryView } from "../kit/query-view.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { BackupCodesSection } from "./backup-codes-section.tsx";
import { FactorResetAlert } from "./factor-reset-alert.tsx";
import { FactorsDocument, SetPreferredFactorDocument } from "./factors.documents.ts";
import type { FactorsOfUser } from "./factors-of-user.ts";
import { SuspendedChanges } from "./suspended-changes.tsx";
import { TotpSection } from "./totp-section.tsx";

export const FactorsPage = () => {
  const { t } = useTranslation("account");
  const query = useQuery(FactorsDocument, { fetchPolicy: "cache-and-network" });
  return (
    <Page title={t("factors.title")} description={t("factors.text")}>
      <QueryView query={query}>
        {({ me, suspendedChanges }) => (
          <>
            {me.factorReset && <FactorResetAlert dueAt={me.factorReset.dueAt} reload={() => query.refetch()} />}
            {suspendedChanges.length > 0 && (
              <SuspendedChanges changes={suspendedChanges} reload={() => query.refetch()} />
            )}
            <TotpSection me={me} />
            <PasskeysSection count={me.mfa.passkeyCount} />
            {me.mfa.enabled && <BackupCodesSection me={me} />}
            {me.mfa.totpEnabled && me.mfa.passkeyCount > 0 && <PreferredFactor chosen={me.mfa.preferredFactor} />}
          </>
        )}
      </QueryView>
    </Page>
  );
};

const PasskeysSection = ({ count }: { readonly count: number }) => {
  const { t } = useTranslation("account");
  return (
    <Section
      title={t("passkeys.title")}
      description={count > 0 ? t("factors.passkeysText", { count }) : t("factors.noPasskeys")}
    >
      <Row>
        <LinkButton href="/account/passkeys">{t("factors.managePasskeys")}</LinkButton>
      </Row>
    </Section>
  );
};

const PREFERABLE = ["TOTP", "PASSKEY"] as const;
type Preferable = (typeof PREFERABLE)[number];

const PreferredFactor = ({ chosen }: { readonly chosen: FactorsOfUser["mfa"]["preferredFactor"] }) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const prefer = useAction(async (factor: Preferable) => {
    await mutate(SetPreferredFactorDocument, { input: { factor } });
    announce(t("factors.preferredSaved"));
  });
  return (
    <Section title={t("factors.preferred")} description={t("factors.preferredText")}>
      {prefer.failure}
      <RadioGroup<Preferable>
        label={t("factors.preferred")}
        hidesLabel
        value={chosen === "PASSKEY" ? "PASSKEY" : "TOTP"}
        onChange={(factor) => void prefer.start(factor)}
        options={PREFERABLE.map((value) => ({ value, label: t(`factors.preferredOptions.${value}`) }))}
      />
    </Section>
  );
};
