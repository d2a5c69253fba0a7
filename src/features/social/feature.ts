import { z } from "zod";
import { auditFeature } from "#features/audit/index";
import { challengesFeature } from "#features/challenges/index";
import { devicesFeature } from "#features/devices/index";
import { invitationsFeature } from "#features/invitations/index";
import {
  accountLinkRequested,
  credentialsTainted,
  loginFeature,
  loginMethodRequested,
  socialLoginDenied,
} from "#features/login/index";
import { registrationFeature } from "#features/registration/index";
import { sessionsFeature } from "#features/sessions/index";
import { tenantsFeature } from "#features/tenants/index";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { list } from "#platform/setting-kinds";
import { AccountLinkingService } from "./account-linking.service.ts";
import { AddressProofs } from "./address-proofs.service.ts";
import { AuthorizationRequestsService } from "./authorization-requests.service.ts";
import { MAILS } from "./mails/index.ts";
import { Providers } from "./providers/providers.ts";
import { SocialResolver, UserSocialAccountsResolver } from "./social.resolver.ts";
import { SocialAccountsService } from "./social-accounts.service.ts";
import { SocialLoginService } from "./social-login.service.ts";
import { HOSTED_CALLBACK, readSocialSettings } from "./social-settings.ts";

/** Login with an account at another provider. */
export const socialFeature = defineFeature({
  name: "social",
  uses: [
    auditFeature,
    tenantsFeature,
    devicesFeature,
    sessionsFeature,
    challengesFeature,
    registrationFeature,
    loginFeature,
    invitationsFeature,
  ],
  mails: MAILS,
  config: defineSettings({
    variables: {
      SOCIAL_PROVIDERS: setting(z.string().optional(), {
        subject: "Social login",
        description:
          'Identity providers. Presets are `google`, `microsoft` (with `"tenant"`: the ID of a directory, by default `common`) and `github` (with `"issuer"` for an Enterprise server); any other OpenID Connect provider has an `"issuer"`. `"vouchesFor"` lists the domains whose mailboxes the provider itself manages. For addresses at other domains, the first login of an account asks for a mailed code. [Social login](social-login.md#providers) describes all fields.',
        example:
          '[{"id":"google","preset":"google","clientId":"123.apps.googleusercontent.com","clientSecret":"secret"}]',
        value: "JSON array",
      }),
      SOCIAL_REDIRECT_URIS: setting(list.optional(), {
        subject: "Social login",
        description:
          "The pages (https) and apps (`com.example.app:/callback`) to which browsers may return from a provider, compared exactly. The hosted pages need no entry; without them it is required with `SOCIAL_PROVIDERS`.",
        example: "https://app.example.com/callback",
        value: "URIs, separated by commas",
      }),
    },
    read: (env, { production, publicUrl, web }) => {
      const variables = {
        providers: env.SOCIAL_PROVIDERS,
        redirectUris: env.SOCIAL_REDIRECT_URIS,
        hostedPage: web ? new URL(HOSTED_CALLBACK, publicUrl).href : null,
        production,
      };
      const { settings: social, faults } = readSocialSettings(variables);
      return { settings: { social }, faults };
    },
  }),
  services: (deps) => {
    const { social, passkeys, revealTakenEmail } = deps.config;
    const providers = new Providers({ ...deps, settings: social.providers });
    const authorizationRequests = new AuthorizationRequestsService({
      ...deps,
      providers,
      redirectUris: social.redirectUris,
    });
    const accounts = new SocialAccountsService({
      ...deps,
      authorizationRequests,
      providers,
      passkeys: passkeys !== null,
    });
    const invitations = deps.invitationEntry;
    const accountLinking = new AccountLinkingService({ ...deps, accounts, invitations, revealTakenEmail });
    const addressProofs = new AddressProofs({ ...deps, providers, attempts: deps.attemptLog });
    const socialLogin = new SocialLoginService({
      ...deps,
      authorizationRequests,
      accounts,
      accountLinking,
      addressProofs,
    });
    return {
      identityProviders: providers,
      authorizationRequests: authorizationRequests,
      socialAccounts: accounts,
      addressProofs,
      socialLogin,
    };
  },
  resolvers: (deps) => [new SocialResolver(deps), new UserSocialAccountsResolver(deps)],
  jobs: ({ addressProofs, authorizationRequests }) => ({
    recurring: {
      "sweep-address-proofs": { crontab: "45 * * * *", run: () => addressProofs.sweep() },
      "sweep-social-logins": { crontab: "43 * * * *", run: () => authorizationRequests.sweep() },
    },
  }),
  hooks: ({ addressLogins, socialAccounts, socialLogin }, on) => {
    on(loginMethodRequested, (tx, { userId }) => socialAccounts.hasAny(tx, userId));
    on(accountLinkRequested, socialAccounts.linkAtLogin);
    on(socialLoginDenied, socialAccounts.unlinkDenied);
    on(credentialsTainted, socialAccounts.unlinkTainted);
    addressLogins.add(socialLogin);
  },
  lifecycle: ({ identityProviders }) => ({
    // Not awaited, because other login methods work without the provider.
    start: ({ prepareOperation }) => void (prepareOperation && identityProviders.check()),
  }),
});
