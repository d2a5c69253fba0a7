/** What only this visit to the provider knows. Kept encrypted between the visitor's leaving and coming back. */
export interface VisitSecrets {
  /** Comes back in the ID token: a token that was made for another visit is not taken (OpenID Connect Core 3.1.2.1). */
  readonly nonce: string;
  /** RFC 7636. Without it nobody trades the code, whoever saw it. */
  readonly pkceVerifier: string;
}

/** One person's way to a provider and back. */
export interface Visit extends VisitSecrets {
  /** Where the provider sends the browser back to; one of those that the settings name. */
  readonly redirectUri: string;
  /** Comes back in the address: it finds the visit again. */
  readonly state: string;
}

/** What came back in the address the browser was sent to. */
export interface VisitCallback {
  readonly code: string;
  /** RFC 9207: who says to have made the code. Null where the address names nobody. */
  readonly iss: string | null;
}

/** What a provider says of the person; believed only after every check. Address and name are such as we take from their owners. */
export interface ProviderIdentity {
  /** With the subject who it is, for ever: of all that is here, only this pair is nobody else's. */
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  /** Whether the provider says that it has verified the address. Nothing may be concluded from one that it has not. */
  readonly emailVerified: boolean;
  /** Whether the settings let it vouch for the domain of a verified address. If not, a mailed code proves the address first. */
  readonly emailVouched: boolean;
  readonly name: string | null;
}

/** One provider of the settings. */
export interface IdentityProvider {
  readonly id: string;
  /** What people read on the button. */
  readonly name: string;
  /** Asks the provider whether it is as the settings say, where it publishes that. Throws as `authorizationUrl`; the log has it. */
  check?(): Promise<void>;
  /** Where the browser goes. Throws UPSTREAM_FAILED where the provider does not say where that is. */
  authorizationUrl(visit: Visit): Promise<URL>;
  /**
   * Trades the code for who it is. Throws INVALID_TOKEN where the provider refuses the code (used, expired, another's),
   * UPSTREAM_FAILED if it is unavailable, slow (5 s in all), or its answer cannot be trusted.
   */
  identify(visit: Visit, callback: VisitCallback): Promise<ProviderIdentity>;
}
