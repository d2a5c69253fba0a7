import { randomBytes } from "node:crypto";
import {
  AccountLinkingService,
  AddressProofs,
  type AuthorizationRequest,
  AuthorizationRequestsService,
  type IdentityProvider,
  type ProviderIdentity,
  SocialAccountsService,
  SocialLoginService,
} from "#features/social/index";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { Viewer } from "#shared/viewer";
import { CLIENT } from "../factories/stored-users.ts";
import { newEmail } from "../factories/users.ts";
import type { BuiltApp } from "./app.ts";
import type { Settings } from "./settings.ts";

/** The page to which providers redirect. */
export const BACK = "https://app.example/signed-in";

/**
 * Settings for these providers, so that their accounts count as a way to log in. The program sends them no requests, because
 * tests script them.
 */
export const SCRIPTED: Settings = {
  SOCIAL_PROVIDERS: JSON.stringify(
    ["acme", "other"].map((id) => ({
      id,
      name: `The ${id}`,
      issuer: `https://${id}.example`,
      clientId: id,
      clientSecret: "s",
    })),
  ),
  SOCIAL_REDIRECT_URIS: BACK,
};

/** A provider with a scripted response for each code. */
export class ScriptedProvider implements IdentityProvider {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  /** The requests it received: redirect addresses, and code exchanges. */
  readonly visits: AuthorizationRequest[] = [];
  /** Each response waits for this. */
  beforeAnswer: () => Promise<void> = async () => {};
  readonly #identities = new Map<string, ProviderIdentity>();

  constructor(id: string) {
    this.id = id;
    this.name = `The ${id}`;
    this.issuer = `https://${id}.example`;
  }

  /** Issues a code for a person there. */
  codeFor(identity: ProviderIdentity): string {
    const code = randomBytes(12).toString("hex");
    this.answers(code, identity);
    return code;
  }

  /** Sets the person behind a code, as if another replica had issued it. */
  answers(code: string, identity: ProviderIdentity): void {
    this.#identities.set(code, identity);
  }

  async authorizationUrl(visit: AuthorizationRequest): Promise<URL> {
    this.visits.push(visit);
    return new URL(`${this.issuer}/authorize?state=${visit.state}`);
  }

  async identify(visit: AuthorizationRequest, { code }: { readonly code: string }): Promise<ProviderIdentity> {
    this.visits.push(visit);
    await this.beforeAnswer();
    const identity = this.#identities.get(code);
    if (!identity) throw new AppError("INVALID_TOKEN");
    return identity;
  }
}

/** A person with an account at a provider that has verified the address and is trusted for its domain. */
export const identityAt = (
  { issuer }: Pick<ScriptedProvider, "issuer">,
  traits: Partial<ProviderIdentity> = {},
): ProviderIdentity => ({
  issuer,
  subject: randomBytes(8).toString("hex"),
  email: newEmail("social"),
  emailVerified: true,
  emailVouched: traits.emailVerified ?? true,
  name: "Sofia Acme",
  ...traits,
});

interface FinishOptions {
  /** The slug of the tenant. */
  readonly tenant?: string;
  readonly client?: ClientInfo;
  readonly deviceToken?: string;
  readonly provider?: ScriptedProvider;
}

/** Social login as the program builds it, except that its providers, "acme" and "other", are scripted. */
export const socialOf = (
  { app, clock, keyRing }: BuiltApp,
  { revealTakenEmail = false, passkeys = true, redirectUris = [BACK] } = {},
) => {
  const acme = new ScriptedProvider("acme");
  const other = new ScriptedProvider("other");
  const known = new Map([acme, other].map((provider) => [provider.id, provider]));
  const providers = {
    list: () => [...known.values()],
    get(id: string) {
      const provider = known.get(id);
      if (!provider) throw new AppError("BAD_REQUEST", { reason: "PROVIDER_NOT_CONFIGURED" });
      return provider;
    },
  };
  const visits = new AuthorizationRequestsService({ ...app, clock, keyRing, providers, redirectUris });
  const accounts = new SocialAccountsService({ ...app, clock, authorizationRequests: visits, providers, passkeys });
  const admission = new AccountLinkingService({
    ...app,
    invitations: app.invitationEntry,
    clock,
    accounts,
    revealTakenEmail,
  });
  const addressProofs = new AddressProofs({ ...app, clock, keyRing, providers, attempts: app.attemptLog });
  const login = new SocialLoginService({
    ...app,
    clock,
    authorizationRequests: visits,
    accounts,
    accountLinking: admission,
    addressProofs,
  });

  /** Opens the provider and returns as this person. */
  const handleCallback = async (identity: ProviderIdentity, { tenant, provider = acme }: FinishOptions = {}) => {
    const binding = { kind: "BROWSER", secret: randomBytes(32).toString("base64url") } as const;
    const visit = { provider: provider.id, redirectUri: BACK, transport: "BODY", tenant, binding } as const;
    const { state } = await visits.start(visit);
    return { state, code: provider.codeFor(identity), binding };
  };
  const finish = async (identity: ProviderIdentity, options: FinishOptions = {}) => {
    const { client = CLIENT, deviceToken = null } = options;
    return login.finish(
      { ...(await handleCallback(identity, options)), deviceToken, deviceTokenInCookie: false },
      client,
    );
  };

  return {
    acme,
    other,
    known,
    visits,
    accounts,
    addressProofs,
    login,
    handleCallback: handleCallback,
    finish,
    /**
     * Logs in completely.
     * @throws {Error} if another step is required
     */
    async signIn(identity: ProviderIdentity, options: FinishOptions = {}) {
      const step = await finish(identity, options);
      if (!("tokens" in step)) throw new Error("The login needs another step.");
      return step;
    },
    link: async (viewer: Viewer, identity: ProviderIdentity, options: FinishOptions = {}) =>
      accounts.link(viewer, CLIENT, await handleCallback(identity, options)),
  };
};

export type Social = ReturnType<typeof socialOf>;
