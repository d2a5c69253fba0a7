import { compactVerify } from "jose";
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  type CustomFetch,
  calculatePKCECodeChallenge,
  clockSkew,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  getJwksCache,
  type IDToken,
  type ServerMetadata,
  setJwksCache,
} from "openid-client";
import { type Clock, systemClock } from "#platform/clock";
import { after, HOUR, MINUTE, SECOND } from "#shared/durations";
import type { OpenIdSettings } from "../social-settings.ts";
import { callbackUrl, expectedSender, withRedirectUri } from "./callback-params.ts";
import {
  CLOCK_TOLERANCE_SECONDS,
  checkClaims,
  isIncomplete,
  type ProfileClaims,
  readProfile,
  type Verification,
  verificationOf,
  withUserInfo,
} from "./identity-claims.ts";
import type { AuthorizationRequest, CallbackParams, IdentityProvider, ProviderIdentity } from "./provider.ts";
import { callProvider, isUpstream, type ProviderCallDeps } from "./provider-call.ts";
import { invalidProviderResponse, isOtherSpelling, wrongIssuer } from "./provider-error.ts";
import { PublishedDocument } from "./published-document.ts";

/** How long discovery metadata and keys are cached. */
const METADATA_LIFETIME_MS = HOUR;
const KEYS_LIFETIME_MS = 5 * MINUTE;

/** The age of cached keys, in seconds, from which openid-client fetches them again if none matches. */
const KEYS_REREAD_SECONDS = 60;

export interface OpenIdProviderDeps extends ProviderCallDeps {
  readonly clock: Clock;
}

type KeyCache = NonNullable<ReturnType<typeof getJwksCache>>;

/**
 * An OpenID Connect provider with discovery: the code flow with PKCE, nonce and state. openid-client implements the protocol,
 * including the signature of the ID token; identity-claims.ts checks what it leaves open.
 */
export class OpenIdProvider implements IdentityProvider {
  readonly id: string;
  readonly name: string;
  readonly #settings: OpenIdSettings;
  readonly #deps: OpenIdProviderDeps;
  readonly #isVerified: Verification;
  readonly #metadata: PublishedDocument;
  #keys: { readonly jwks: KeyCache["jwks"]; readonly until: Date } | null = null;

  constructor(settings: OpenIdSettings, deps: OpenIdProviderDeps) {
    this.id = settings.id;
    this.name = settings.name;
    this.#settings = settings;
    this.#deps = deps;
    this.#isVerified = verificationOf(settings.issuer);
    this.#metadata = new PublishedDocument({ clock: deps.clock, lifetime: METADATA_LIFETIME_MS });
  }

  authorizationUrl({ redirectUri, state, nonce, pkceVerifier }: AuthorizationRequest): Promise<URL> {
    return this.#step(async (fetch) =>
      buildAuthorizationUrl(await this.#configure(fetch), {
        redirect_uri: redirectUri,
        scope: this.#settings.scopes,
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(pkceVerifier),
        code_challenge_method: "S256",
      }),
    );
  }

  /** Reads the discovery document at startup, so that a wrong setting is logged before the first login. */
  async check(): Promise<void> {
    await this.#step((fetch) => this.#configure(fetch));
  }

  identify(request: AuthorizationRequest, callback: CallbackParams): Promise<ProviderIdentity> {
    return this.#step(async (fetch) => {
      const config = await this.#configure(fetch);
      const url = callbackUrl(request, callback, expectedSender(config.serverMetadata(), callback.iss));
      config[customFetch] = withRedirectUri(fetch, request.redirectUri);
      const { claims, accessToken } = await this.#trade(config, url, request);
      checkClaims(claims, this.#settings.clientId, this.#deps.clock.now());
      const profile = await this.#profile(config, fetch, claims, accessToken);
      const reading = { isVerified: this.#isVerified, vouchesFor: this.#settings.vouchesFor };
      return { issuer: claims.iss, subject: claims.sub, ...readProfile(profile, reading) };
    });
  }

  /** A failure of the provider may be caused by its published documents, so they are read again next time. */
  async #step<T>(work: (fetch: CustomFetch) => Promise<T>): Promise<T> {
    try {
      return await callProvider(this.id, this.#deps, work);
    } catch (error) {
      if (isUpstream(error)) {
        this.#metadata.forget();
        this.#keys = null;
      }
      throw error;
    }
  }

  /** openid-client's configuration, created for each step with the step's deadline and the server's clock. */
  async #configure(fetch: CustomFetch): Promise<Configuration> {
    const { issuer, clientId, idTokenAlgorithm } = this.#settings;
    const config = await discovery(
      new URL(issuer),
      clientId,
      { ...this.#clockMetadata(), ...(idTokenAlgorithm && { id_token_signed_response_alg: idTokenAlgorithm }) },
      this.#authentication(),
      {
        [customFetch]: (...request) => this.#metadata.get(() => fetch(...request)),
        execute: this.#extensions(),
      },
    ).catch((error: unknown) => {
      throw isOtherSpelling(error) ? wrongIssuer() : error;
    });
    config[customFetch] = fetch;
    // openid-client does not check the signature of a symmetric algorithm; `#trade` does.
    if (idTokenAlgorithm === undefined) enableNonRepudiationChecks(config);
    return config;
  }

  #extensions() {
    return this.#settings.issuer.startsWith("http:") ? [allowInsecureRequests] : [];
  }

  #clockMetadata() {
    const skew = Math.round((this.#deps.clock.now().getTime() - systemClock.now().getTime()) / SECOND);
    return { [clockSkew]: skew, [clockTolerance]: CLOCK_TOLERANCE_SECONDS };
  }

  /** Returns the claims of the ID token, completed by the UserInfo endpoint's claims about the same subject. */
  async #profile(
    config: Configuration,
    fetch: CustomFetch,
    claims: IDToken,
    accessToken: string,
  ): Promise<ProfileClaims> {
    const { email, email_verified, xms_edov, name, hd } = claims;
    const profile = { email, email_verified, xms_edov, name, hd };
    const metadata = config.serverMetadata();
    if (!isIncomplete(profile, this.#isVerified) || metadata.userinfo_endpoint === undefined) return profile;
    const userInfo = await fetchUserInfo(this.#userInfoConfiguration(metadata, fetch), accessToken, claims.sub);
    return withUserInfo(profile, {
      email: userInfo.email,
      email_verified: userInfo.email_verified,
      name: userInfo.name,
    });
  }

  /** The response may be a signed token (Core, section 5.3.2): with any algorithm of the provider, but never with a shared secret. */
  #userInfoConfiguration(metadata: ServerMetadata, fetch: CustomFetch): Configuration {
    const supported = metadata.userinfo_signing_alg_values_supported ?? metadata.id_token_signing_alg_values_supported;
    const algorithms = (supported ?? ["RS256"]).filter(
      (algorithm) => algorithm !== "none" && !algorithm.startsWith("HS"),
    );
    const config = new Configuration(
      { ...metadata, userinfo_signing_alg_values_supported: algorithms },
      this.#settings.clientId,
      this.#clockMetadata(),
    );
    for (const extend of [...this.#extensions(), enableNonRepudiationChecks]) extend(config);
    config[customFetch] = fetch;
    return config;
  }

  /** If discovery names no method, the standard's default is client_secret_basic (OpenID Connect Discovery, section 3). */
  #authentication(): ClientAuth {
    const { authentication, clientSecret } = this.#settings;
    return (metadata, ...request) => {
      const supported = metadata.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
      const chosen = authentication ?? (supported.includes("client_secret_basic") ? "basic" : "post");
      const authenticate = chosen === "basic" ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret);
      return authenticate(metadata, ...request);
    };
  }

  async #trade(config: Configuration, url: URL, { state, nonce, pkceVerifier }: AuthorizationRequest) {
    const given = this.#giveKeys(config);
    const tokens = await authorizationCodeGrant(config, url, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: pkceVerifier,
      idTokenExpected: true,
    });
    this.#keepKeys(config, given);
    const claims = tokens.claims();
    if (!claims) throw invalidProviderResponse("no ID token");
    if (this.#settings.idTokenAlgorithm !== undefined) await this.#verifySharedSecret(tokens.id_token ?? "");
    return { claims, accessToken: tokens.access_token };
  }

  /** Verifies the signature of an HS256 token with the client secret (Core, section 10.1). */
  async #verifySharedSecret(idToken: string): Promise<void> {
    const key = Buffer.from(this.#settings.clientSecret);
    await compactVerify(idToken, key, { algorithms: ["HS256"] }).catch(() => {
      throw invalidProviderResponse("the ID token's signature is wrong");
    });
  }

  /**
   * Passes the cached keys with an age at which openid-client fetches new ones if none matches, because providers rotate their keys
   * at any time.
   */
  #giveKeys(config: Configuration): number | null {
    if (this.#keys === null || this.#deps.clock.now() >= this.#keys.until) return null;
    const readAt = Math.floor(systemClock.now().getTime() / SECOND) - KEYS_REREAD_SECONDS;
    setJwksCache(config, { jwks: this.#keys.jwks, uat: readAt });
    return readAt;
  }

  #keepKeys(config: Configuration, given: number | null): void {
    const cache = getJwksCache(config);
    if (!cache || cache.uat === given) return;
    this.#keys = { jwks: cache.jwks, until: after(this.#deps.clock.now(), KEYS_LIFETIME_MS) };
  }
}
