import { useQuery } from "@apollo/client/react";
import { Link2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/formats.ts";
import { useAction } from "../kit/action.tsx";
import { Button } from "../kit/button.tsx";
import { ConfirmDialog } from "../kit/dialog.tsx";
import { Badge, EmptyState } from "../kit/display.tsx";
import { Item, Items, Page, Row, Section } from "../kit/layout.tsx";
import { QueryView } from "../kit/query-view.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { keepSocialIntent, socialRedirectUri } from "../sign-in/social-intent.ts";
import { When } from "./origin-line.tsx";
import {
  SocialAccountsDocument,
  type SocialAccountsQuery,
  StartSocialLinkDocument,
  UnlinkSocialAccountDocument,
} from "./social.documents.ts";

type Provider = SocialAccountsQuery["authSettings"]["socialProviders"][number];
type Account = SocialAccountsQuery["me"]["socialAccounts"][number];

export const SocialPage = () => {
  const { t } = useTranslation("account");
  const query = useQuery(SocialAccountsDocument, { fetchPolicy: "cache-and-network" });
  return (
    <Page title={t("social.title")} description={t("social.text")}>
      <Section title={t("social.providers")}>
        <QueryView query={query}>{(data) => <Providers data={data} />}</QueryView>
      </Section>
    </Page>
  );
};

const Providers = ({ data: { me, authSettings } }: { readonly data: SocialAccountsQuery }) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const [unlinking, setUnlinking] = useState<Provider | null>(null);
  const link = useAction(async ({ id: provider }: Provider) => {
    const input = { provider, redirectUri: socialRedirectUri(), transport: "COOKIE" as const };
    const { startSocialLogin } = await mutate(StartSocialLinkDocument, { input });
    keepSocialIntent({ kind: "LINK", page: "/account/social/linked" });
    location.assign(startSocialLogin.authorizationUrl);
  });
  const unlink = async ({ id: provider, name }: Provider) => {
    await mutate(UnlinkSocialAccountDocument, { input: { provider } });
    announce(t("social.unlinked", { provider: name }));
  };
  const providers = shownProviders(authSettings.socialProviders, me.socialAccounts);
  if (providers.length === 0)
    return (
      <EmptyState icon={<Link2 aria-hidden size={32} />} title={t("social.none")}>
        {t("social.noneText")}
      </EmptyState>
    );
  return (
    <>
      {link.failure}
      <Items label={t("social.providers")}>
        {providers.map((provider) => (
          <ProviderItem
            key={provider.id}
            provider={provider}
            account={me.socialAccounts.find((account) => account.provider === provider.id)}
            isBusy={link.busy}
            onLink={() => link.start(provider)}
            onUnlink={() => setUnlinking(provider)}
          />
        ))}
      </Items>
      <ConfirmDialog
        title={t("social.unlinkTitle", { provider: unlinking?.name ?? "" })}
        action={t("social.unlink")}
        destructive
        isOpen={unlinking !== null}
        onClose={() => setUnlinking(null)}
        onConfirm={async () => unlinking && unlink(unlinking)}
      >
        {t("social.unlinkText")}
      </ConfirmDialog>
    </>
  );
};

/** Also accounts at providers that are no longer offered, so that they can be unlinked. */
const shownProviders = (offered: readonly Provider[], accounts: readonly Account[]): readonly Provider[] => {
  const known = new Set(offered.map(({ id }) => id));
  const others = accounts.filter(({ provider }) => !known.has(provider));
  return [...offered, ...others.map(({ provider }) => ({ id: provider, name: provider }))];
};

interface ProviderItemProps {
  readonly provider: Provider;
  readonly account: Account | undefined;
  readonly isBusy: boolean;
  readonly onLink: () => void;
  readonly onUnlink: () => void;
}

const ProviderItem = ({ provider: { name }, account, isBusy, onLink, onUnlink }: ProviderItemProps) => {
  const { t } = useTranslation("account");
  return (
    <Item
      title={
        <Row>
          <bdi>{name}</bdi>
          {account && <Badge tone="success">{t("social.linked")}</Badge>}
        </Row>
      }
      action={
        account ? (
          <Button size="small" aria-label={t("social.unlinkOf", { provider: name })} onPress={onUnlink}>
            {t("social.unlink")}
          </Button>
        ) : (
          <Button size="small" aria-label={t("social.linkOf", { provider: name })} isDisabled={isBusy} onPress={onLink}>
            {t("social.link")}
          </Button>
        )
      }
    >
      {account ? <AccountText account={account} /> : t("social.notLinked")}
    </Item>
  );
};

const AccountText = ({ account: { email, linkedAt, lastUsedAt } }: { readonly account: Account }) => {
  const { t } = useTranslation("account");
  const formats = useFormats();
  return (
    <>
      {email && (
        <>
          {t("social.linkedAs", { email })}
          {" · "}
        </>
      )}
      {t("social.linkedAt", { date: formats.date(linkedAt) })}
      {lastUsedAt && (
        <>
          {" · "}
          <When at={lastUsedAt}>{(when) => t("social.lastUsed", { when })}</When>
        </>
      )}
    </>
  );
};
