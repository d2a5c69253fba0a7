import { useQuery } from "@apollo/client/react";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Alert } from "../kit/alert.tsx";
import { Button, LinkButton } from "../kit/button.tsx";
import { EmptyState } from "../kit/display.tsx";
import { Items, Page, Section } from "../kit/layout.tsx";
import { QueryView } from "../kit/query-view.tsx";
import { AddPasskey } from "./add-passkey.tsx";
import { PasskeyItem } from "./passkey-item.tsx";
import { PasskeysDocument, type PasskeysQuery } from "./passkeys.documents.ts";

export const PasskeysPage = () => {
  const { t } = useTranslation("account");
  const query = useQuery(PasskeysDocument, { fetchPolicy: "cache-and-network" });
  const reload = () => query.refetch().catch(() => {});
  return (
    <Page title={t("passkeys.title")} description={t("passkeys.text")}>
      <QueryView query={query}>{(data) => <PasskeysSection data={data} reload={reload} />}</QueryView>
    </Page>
  );
};

interface PasskeysSectionProps {
  readonly data: PasskeysQuery;
  readonly reload: () => Promise<unknown>;
}

const PasskeysSection = ({ data: { me, authSettings }, reload }: PasskeysSectionProps) => {
  const { t } = useTranslation("account");
  const [adds, setAdds] = useState(false);
  const add = (
    <Button variant="primary" onPress={() => setAdds(true)}>
      {t("passkeys.add")}
    </Button>
  );
  return (
    <>
      {!authSettings.passkeys && <Alert tone="info">{t("passkeys.unavailable")}</Alert>}
      {me.passkeys.length > 0 && me.mfa.backupCodesLeft === 0 && (
        <Alert tone="warning">
          <p>{t("passkeys.needCodes")}</p>
          <LinkButton size="small" href="/account/factors">
            {t("factors.renew")}
          </LinkButton>
        </Alert>
      )}
      <Section title={t("passkeys.yours")} action={authSettings.passkeys && me.passkeys.length > 0 && add}>
        {me.passkeys.length === 0 ? (
          <EmptyState
            icon={<Fingerprint aria-hidden size={32} />}
            title={t("passkeys.none")}
            action={authSettings.passkeys && add}
          >
            {t("passkeys.noneText")}
          </EmptyState>
        ) : (
          <Items label={t("passkeys.yours")}>
            {me.passkeys.map((passkey) => (
              <PasskeyItem key={passkey.id} passkey={passkey} reload={reload} />
            ))}
          </Items>
        )}
      </Section>
      {adds && <AddPasskey onClose={() => setAdds(false)} reload={reload} />}
    </>
  );
};
