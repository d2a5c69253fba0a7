import { useTranslation } from "react-i18next";
import { Details, Time } from "../../kit/display.tsx";
import { Item, Items, Muted, Section } from "../../kit/layout.tsx";
import type { ConsoleUser } from "./user-types.ts";

/** The password, second factors, passkeys and accounts at providers of a user. */
export const UserFactors = ({ user }: { readonly user: ConsoleUser }) => {
  const { t } = useTranslation(["console", "common", "events"]);
  const { hasPassword, mfa, passkeys, socialAccounts } = user;
  return (
    <Section title={t("user.factors")} description={mfa.enabled ? undefined : t("user.noFactor")}>
      <Details
        items={[
          [t("user.password"), hasPassword ? t("common:yes") : t("common:no")],
          [t("users.factor.TOTP"), mfa.totpEnabled ? t("common:yes") : t("common:no")],
          [t("user.backupCodes"), mfa.enabled ? t("user.codesLeft", { count: mfa.backupCodesLeft }) : null],
          [t("user.preferred"), mfa.preferredFactor && t(`events:value.method.${mfa.preferredFactor}`)],
        ]}
      />
      {passkeys.length > 0 && (
        <Items label={t("user.passkeys")}>
          {passkeys.map(({ id, name, lastUsedAt, useCount }) => (
            <Item key={id} title={<bdi>{name}</bdi>}>
              {t("users.factor.PASSKEY")} · {t("user.uses", { count: useCount })}
              {lastUsedAt && (
                <>
                  {" · "}
                  <Time at={lastUsedAt} />
                </>
              )}
            </Item>
          ))}
        </Items>
      )}
      {socialAccounts.length > 0 && (
        <Items label={t("user.socialAccounts")}>
          {socialAccounts.map(({ provider, email, linkedAt }) => (
            <Item key={provider} title={provider}>
              {email && <bdi>{email}</bdi>} <Time at={linkedAt} />
            </Item>
          ))}
        </Items>
      )}
      {passkeys.length + socialAccounts.length === 0 && <Muted small>{t("user.noneConnected")}</Muted>}
    </Section>
  );
};
