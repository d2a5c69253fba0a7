import { useTranslation } from "react-i18next";
import type { CredentialsState } from "../../client/index.ts";
import { Button } from "../kit/button.tsx";
import type { SignInOffer } from "./auth-settings.ts";
import { keepSocialIntent, socialRedirectUri } from "./social-intent.ts";

interface SocialButtonsProps {
  readonly login: CredentialsState;
  readonly offer: SignInOffer;
  readonly returnTo?: string | undefined;
}

/** One button for each provider, in the order of the settings. */
export const SocialButtons = ({ login, offer, returnTo }: SocialButtonsProps) => {
  const { t } = useTranslation("sign-in");
  const tenant = offer.tenant ?? undefined;
  const start = async (provider: string) => {
    const page = await login.startSocialLogin({ provider, redirectUri: socialRedirectUri(), tenant });
    if (page === null) return;
    keepSocialIntent({ kind: "LOGIN", returnTo, tenant });
    location.assign(page);
  };
  return offer.settings?.socialProviders.map(({ id, name }) => (
    <Button key={id} wide isDisabled={login.busy} onPress={() => start(id)}>
      {t("social", { provider: name })}
    </Button>
  ));
};
