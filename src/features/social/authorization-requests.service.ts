import { z } from "zod";
import type { TokenTransport } from "#features/sessions/index";
import type { TenantsService } from "#features/tenants/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { KeyRing } from "#platform/secrets";
import { after, HOUR } from "#shared/durations";
import { AppError, badInput } from "#shared/errors";
import type { SocialLoginId, TenantId } from "#shared/ids";
import type { IdentityProvider, ProviderIdentity, RequestSecrets } from "./providers/provider.ts";
import {
  AUTHORIZATION_REQUEST_LIFETIME_MS,
  type Binding,
  bindingHash,
  isSecretLike,
  newSecret,
  stateHash,
} from "./request-secrets.ts";
import {
  consumeSocialLogin,
  deleteSocialLoginsExpiredBefore,
  insertSocialLogin,
  type SocialLoginRow,
} from "./social-logins.repository.ts";

/** The providers in the settings. */
export interface KnownProviders {
  list(): readonly Pick<IdentityProvider, "id" | "name">[];
  /** @throws {AppError} BAD_REQUEST/PROVIDER_NOT_CONFIGURED */
  get(id: string): IdentityProvider;
}

export interface AuthorizationRequestsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: Pick<KeyRing, "encrypt" | "decrypt">;
  readonly tenants: Pick<TenantsService, "getForVisitor">;
  readonly providers: KnownProviders;
  /** Allowed redirect URIs, compared as strings. */
  readonly redirectUris: readonly string[];
}

/** The input of a new authorization request. */
export interface AuthorizationStart {
  readonly provider: string;
  readonly redirectUri: string;
  readonly transport: TokenTransport;
  /** The slug of the tenant that a new user is to join; absent: the default tenant. */
  readonly tenant?: string | null | undefined;
  readonly binding: Binding;
}

/** The parameters of the callback address. */
export interface CallbackInput {
  readonly state: string;
  readonly code: string;
  readonly iss?: string | null | undefined;
  /** Null without a cookie and a verifier. */
  readonly binding: Binding | null;
}

/** A person returning from a provider, with the identity reported there. */
export interface AuthenticatedIdentity {
  readonly provider: string;
  readonly identity: ProviderIdentity;
  /** The tenant that a new user is to join. */
  readonly tenantId: TenantId;
  readonly transport: TokenTransport;
}

const secretsSchema = z.object({ nonce: z.string(), pkceVerifier: z.string() });

/** How long an expired authorization request is kept. */
const RETENTION_MS = HOUR;
const SWEEP_BATCH = 1_000;

/** Authorization requests to providers: each is completed at most once, by the client that started it. */
export class AuthorizationRequestsService {
  constructor(private readonly deps: AuthorizationRequestsDeps) {}

  /** The providers that login pages can offer. */
  providers(): readonly Pick<IdentityProvider, "id" | "name">[] {
    return this.deps.providers.list();
  }

  /**
   * Starts an authorization request. Returns the URL for the browser and when the request expires.
   * @throws {AppError} BAD_REQUEST/PROVIDER_NOT_CONFIGURED, BAD_USER_INPUT if the redirect URI is not in the settings, NOT_FOUND for
   * the tenant, UPSTREAM_FAILED
   */
  async start({ provider: providerId, redirectUri, transport, tenant, binding }: AuthorizationStart): Promise<{
    readonly authorizationUrl: URL;
    readonly state: string;
    readonly expiresAt: Date;
  }> {
    const { clock, db, ids, keyRing, providers, redirectUris, tenants } = this.deps;
    const provider = providers.get(providerId);
    // Compared without normalization, because a spelling that leads elsewhere would send the code to an attacker (RFC 9700, 4.1).
    const faults = [
      ...(redirectUris.includes(redirectUri) ? [] : [UNKNOWN_REDIRECT_URI]),
      ...(binding.kind === "APP" && !isSecretLike(binding.challenge) ? [BAD_CODE_CHALLENGE] : []),
    ];
    if (faults.length > 0) throw badInput(...faults);
    const { id: tenantId } = await tenants.getForVisitor(tenant);

    const state = newSecret();
    const secrets: RequestSecrets = { nonce: newSecret(), pkceVerifier: newSecret() };
    const authorizationUrl = await provider.authorizationUrl({ ...secrets, state, redirectUri });
    const id = ids.next<SocialLoginId>();
    const createdAt = clock.now();
    const expiresAt = after(createdAt, AUTHORIZATION_REQUEST_LIFETIME_MS);
    await insertSocialLogin(db, {
      id,
      tenantId,
      provider: provider.id,
      stateHash: stateHash(state),
      bindingHash: bindingHash(binding),
      secrets: keyRing.encrypt(Buffer.from(JSON.stringify(secrets)), contextOf(id)),
      redirectUri,
      transport,
      createdAt,
      expiresAt,
    });
    return { authorizationUrl, state, expiresAt };
  }

  /**
   * Completes an authorization request. It is consumed before the provider is called, whatever the result.
   * @throws {AppError} INVALID_TOKEN if it is unknown, used, expired, or was started elsewhere; BAD_REQUEST/PROVIDER_NOT_CONFIGURED;
   * as `IdentityProvider.identify`
   */
  async handleCallback({ state, code, iss = null, binding }: CallbackInput): Promise<AuthenticatedIdentity> {
    const { clock, db, keyRing, providers } = this.deps;
    const request =
      binding &&
      (await consumeSocialLogin(db, { stateHash: stateHash(state), bindingHash: bindingHash(binding) }, clock.now()));
    if (!request) throw unknownRequest();
    const provider = providers.get(request.provider);
    const secrets = secretsSchema.parse(JSON.parse(keyRing.decrypt(request.secrets, contextOf(request.id)).toString()));
    const identity = await provider.identify({ ...secrets, state, redirectUri: request.redirectUri }, { code, iss });
    return { provider: provider.id, identity, tenantId: request.tenantId, transport: request.transport };
  }

  /** Deletes authorization requests that can no longer be completed. */
  async sweep(): Promise<void> {
    const { clock, db } = this.deps;
    const expiredBefore = after(clock.now(), -RETENTION_MS);
    while ((await deleteSocialLoginsExpiredBefore(db, expiredBefore, SWEEP_BATCH)) === SWEEP_BATCH);
  }
}

const contextOf = (id: SocialLoginRow["id"]): string => `social-login:${id}`;

const UNKNOWN_REDIRECT_URI = { path: "input.redirectUri", message: "This redirect URI is not in the settings." };
const BAD_CODE_CHALLENGE = {
  path: "input.codeChallenge",
  message: "Use the SHA-256 of the verifier, in base64url.",
};

const unknownRequest = (): AppError =>
  new AppError("INVALID_TOKEN", {
    message: "This login is unknown, used or expired, or was started in another browser. Start the login again.",
  });
