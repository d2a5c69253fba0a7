/** The secrets of one authorization request, stored encrypted until the visitor returns. */
export interface RequestSecrets {
  /** Returned in the ID token: a token made for another authorization request is rejected (OpenID Connect Core 3.1.2.1). */
  readonly nonce: string;
  /** RFC 7636. Without it the code cannot be exchanged, even by an attacker who has seen it. */
  readonly pkceVerifier: string;
}

/** One authorization request to a provider. */
export interface AuthorizationRequest extends RequestSecrets {
  /** Where the provider redirects the browser to; one of the redirect URIs in the settings. */
  readonly redirectUri: string;
  /** Returned in the callback address; identifies the authorization request. */
  readonly state: string;
}

/** The parameters of the callback address. */
export interface CallbackParams {
  readonly code: string;
  /** RFC 9207: the issuer of the code. Null if absent. */
  readonly iss: string | null;
}

/** A person's identity at a provider; trusted only after every check. Address and name are valid as user input. */
export interface ProviderIdentity {
  /** Issuer and subject identify the person permanently; no other field here is unique to them. */
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  /** Whether the provider states that it has verified the address. An unverified one must not be used for any decision. */
  readonly emailVerified: boolean;
  /** Whether the settings let it vouch for the domain of a verified address. If not, a mailed code verifies the address first. */
  readonly emailVouched: boolean;
  readonly name: string | null;
}

/** A provider in the settings. */
export interface IdentityProvider {
  readonly id: string;
  /** The label of the button. */
  readonly name: string;
  /** Compares the settings with the provider's published metadata, if any, and logs faults. @throws {AppError} as `authorizationUrl` */
  check?(): Promise<void>;
  /** Returns the URL for the browser. @throws {AppError} UPSTREAM_FAILED if the provider does not publish it */
  authorizationUrl(request: AuthorizationRequest): Promise<URL>;
  /**
   * Exchanges the code for the person's identity.
   * @throws {AppError} INVALID_TOKEN if the provider rejects the code (used, expired, of another request), UPSTREAM_FAILED if it is
   * unavailable, slow (5 s in total), or its response cannot be trusted
   */
  identify(request: AuthorizationRequest, callback: CallbackParams): Promise<ProviderIdentity>;
}
