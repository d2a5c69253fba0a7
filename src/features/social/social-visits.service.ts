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
import type { IdentityProvider, ProviderIdentity, VisitSecrets } from "./providers/provider.ts";
import {
  consumeSocialLogin,
  deleteSocialLoginsExpiredBefore,
  insertSocialLogin,
  type SocialLoginRow,
} from "./social-logins.repository.ts";
import { type Binding, bindingHash, isSecretLike, newSecret, stateHash, VISIT_LIFETIME } from "./visit-secrets.ts";

/** The providers that the settings name. */
export interface KnownProviders {
  list(): readonly Pick<IdentityProvider, "id" | "name">[];
  /** Throws BAD_REQUEST/PROVIDER_NOT_CONFIGURED. */
  get(id: string): IdentityProvider;
}

export interface SocialVisitsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: Pick<KeyRing, "encrypt" | "decrypt">;
  readonly tenants: Pick<TenantsService, "getForVisitor">;
  readonly providers: KnownProviders;
  /** Where providers may send people back to: compared as text. */
  readonly redirectUris: readonly string[];
}

/** What somebody wants who leaves for a provider. */
export interface Departure {
  readonly provider: string;
  readonly redirectUri: string;
  readonly transport: TokenTransport;
  /** The short name of the tenant to which a newcomer is to belong; absent: the default one. */
  readonly tenant?: string | null | undefined;
  readonly binding: Binding;
}

/** What came back in the address. */
export interface Return {
  readonly state: string;
  readonly code: string;
  readonly iss?: string | null | undefined;
  /** Null where neither a cookie nor a verifier came along. */
  readonly binding: Binding | null;
}

/** Somebody who is back from a provider, and who that says it is. */
export interface Arrival {
  readonly provider: string;
  readonly identity: ProviderIdentity;
  /** Whose user a newcomer is to be. */
  readonly tenantId: TenantId;
  readonly transport: TokenTransport;
}

const secretsSchema = z.object({ nonce: z.string(), pkceVerifier: z.string() });

/** How long a visit stays after it expired, in milliseconds. */
const KEPT_AFTER_EXPIRY = HOUR;
const SWEEP_BATCH = 1_000;

/** Ways to a provider and back: each is walked once, by whoever began it. */
export class SocialVisits {
  constructor(private readonly deps: SocialVisitsDeps) {}

  /** For login pages: whom they can offer. */
  providers(): readonly Pick<IdentityProvider, "id" | "name">[] {
    return this.deps.providers.list();
  }

  /**
   * Where the browser is to go, and until when it may be back. Throws BAD_REQUEST/PROVIDER_NOT_CONFIGURED, BAD_USER_INPUT for
   * an address to come back to that is not in the settings, NOT_FOUND for the tenant, UPSTREAM_FAILED.
   */
  async start({ provider: providerId, redirectUri, transport, tenant, binding }: Departure): Promise<{
    readonly authorizationUrl: URL;
    readonly state: string;
    readonly expiresAt: Date;
  }> {
    const { clock, db, ids, keyRing, providers, redirectUris, tenants } = this.deps;
    const provider = providers.get(providerId);
    // Nothing is made alike before it is compared: whoever finds a spelling that leads elsewhere gets the code (RFC 9700, 4.1).
    const faults = [
      ...(redirectUris.includes(redirectUri) ? [] : [UNKNOWN_REDIRECT_URI]),
      ...(binding.kind === "APP" && !isSecretLike(binding.challenge) ? [BAD_CODE_CHALLENGE] : []),
    ];
    if (faults.length > 0) throw badInput(...faults);
    const { id: tenantId } = await tenants.getForVisitor(tenant);

    const state = newSecret();
    const secrets: VisitSecrets = { nonce: newSecret(), pkceVerifier: newSecret() };
    const authorizationUrl = await provider.authorizationUrl({ ...secrets, state, redirectUri });
    const id = ids.next<SocialLoginId>();
    const createdAt = clock.now();
    const expiresAt = after(createdAt, VISIT_LIFETIME);
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
   * Who is back. The visit is used up before the provider is asked, whatever it answers. Throws INVALID_TOKEN where it is
   * unknown, used, expired, or was begun elsewhere; BAD_REQUEST/PROVIDER_NOT_CONFIGURED, and as the provider does.
   */
  async comeBack({ state, code, iss = null, binding }: Return): Promise<Arrival> {
    const { clock, db, keyRing, providers } = this.deps;
    const visit =
      binding &&
      (await consumeSocialLogin(db, { stateHash: stateHash(state), bindingHash: bindingHash(binding) }, clock.now()));
    if (!visit) throw unknownVisit();
    const provider = providers.get(visit.provider);
    const secrets = secretsSchema.parse(JSON.parse(keyRing.decrypt(visit.secrets, contextOf(visit.id)).toString()));
    const identity = await provider.identify({ ...secrets, state, redirectUri: visit.redirectUri }, { code, iss });
    return { provider: provider.id, identity, tenantId: visit.tenantId, transport: visit.transport };
  }

  /** Deletes what nobody can come back from any more. */
  async sweep(): Promise<void> {
    const { clock, db } = this.deps;
    const expiredBefore = after(clock.now(), -KEPT_AFTER_EXPIRY);
    while ((await deleteSocialLoginsExpiredBefore(db, expiredBefore, SWEEP_BATCH)) === SWEEP_BATCH);
  }
}

const contextOf = (id: SocialLoginRow["id"]): string => `social-login:${id}`;

const UNKNOWN_REDIRECT_URI = { path: "input.redirectUri", message: "The settings do not name this address." };
const BAD_CODE_CHALLENGE = {
  path: "input.codeChallenge",
  message: "Give the SHA-256 of the verifier, in base64url.",
};

const unknownVisit = (): AppError =>
  new AppError("INVALID_TOKEN", {
    message: "This login is unknown, used or expired, or it was begun in another browser. Begin again.",
  });
