import { createHash, randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { elevate, newAddress, newEmail } from "../factories/users.ts";
import type { TestApp } from "../servers/app.ts";
import type { OidcPerson, OidcProvider } from "../servers/oidc-provider.ts";
import type { Settings } from "../servers/settings.ts";
import type { GraphQLClient, GraphQLErrorAnswer, UntypedData } from "./graphql.ts";

/** The page of a frontend that providers redirect back to. No server has to listen there, because tests read the address. */
export const REDIRECT_URI = "http://localhost:5173/signed-in";

/** The provider's id in the settings. */
export const PROVIDER = "acme";

type ToSettings = Pick<OidcProvider, "issuer" | "clientId" | "clientSecret"> & {
  /** By default, the domain of `newEmail`. */
  readonly vouchesFor?: readonly string[];
};

/** The settings that enable social login with these providers. All of them are on this machine. */
export const socialSettings = (
  providers: Readonly<Record<string, ToSettings>>,
  redirectUris: readonly string[] = [REDIRECT_URI],
): Settings => ({
  SOCIAL_PROVIDERS: JSON.stringify(
    Object.entries(providers).map(([id, { issuer, clientId, clientSecret, vouchesFor = ["example.com"] }]) => ({
      id,
      name: id[0]?.toUpperCase() + id.slice(1),
      issuer,
      clientId,
      clientSecret,
      vouchesFor,
    })),
  ),
  SOCIAL_REDIRECT_URIS: redirectUris.join(","),
  OUTGOING_PRIVATE_NETWORKS: "127.0.0.0/8",
});

export const START_SOCIAL_LOGIN = /* GraphQL */ `
  mutation StartSocialLogin($input: StartSocialLoginInput!) {
    startSocialLogin(input: $input) { authorizationUrl state }
  }
`;

export const FINISH_SOCIAL_LOGIN = /* GraphQL */ `
  mutation FinishSocialLogin($input: FinishSocialLoginInput!) {
    finishSocialLogin(input: $input) {
      __typename
      ... on LoginSuccess {
        tokens { accessToken refreshToken tokenType expiresIn refreshExpiresAt }
        user { id email emailVerified name status }
        session { id authenticatedWith }
        mfaRecommended
        deviceToken
        enrolmentTicket
      }
      ... on SecondFactorRequired { challenge reason factors preferredFactor codeSentTo expiresAt }
      ... on LoginConfirmationRequired { challenge number sentTo expiresAt }
    }
  }
`;

export const LINK_SOCIAL_ACCOUNT = /* GraphQL */ `
  mutation LinkSocialAccount($input: LinkSocialAccountInput!) {
    linkSocialAccount(input: $input) { user { id socialAccounts { provider email linkedAt } } }
  }
`;

export const UNLINK_SOCIAL_ACCOUNT = /* GraphQL */ `
  mutation UnlinkSocialAccount($provider: String!) {
    unlinkSocialAccount(input: { provider: $provider }) { user { id socialAccounts { provider email linkedAt } } }
  }
`;

export const SOCIAL_ACCOUNTS = "{ me { id socialAccounts { provider email linkedAt } } }";

/** The callback parameters that a browser brings back from a provider, and that finish the login. */
export interface Callback {
  readonly state: string;
  readonly code: string;
  readonly iss?: string;
}

/** The verifier that an app keeps during the redirect, and the challenge that it sends before (RFC 7636, section 4). */
export const newAppBinding = (): { codeVerifier: string; codeChallenge: string } => {
  const codeVerifier = randomBytes(32).toString("base64url");
  return { codeVerifier, codeChallenge: createHash("sha256").update(codeVerifier).digest("base64url") };
};

/** A person with an account at the provider, whose address is verified there. */
export const newProviderUser = (
  provider: OidcProvider,
  claims: OidcPerson = {},
): { subject: string; email: string; name: string } => {
  const subject = `subject-${randomBytes(6).toString("hex")}`;
  const person = { email: newEmail("social"), email_verified: true, name: "Sofia Acme", ...claims };
  provider.people.set(subject, person);
  return { subject, email: person.email, name: person.name };
};

/** A browser as a provider sees it: it keeps the provider's cookies, and follows redirects. */
export class ProviderUserAgent {
  readonly #cookies = new Map<string, string>();

  /**
   * Opens the authorization URL and logs in there as the subject, if the provider does not have a session of the visitor yet.
   * @returns the address that the provider redirects to
   */
  async open(authorizationUrl: string, subject: string): Promise<URL> {
    const { origin } = new URL(authorizationUrl);
    let url = new URL(authorizationUrl);
    for (let step = 0; step < 10; step++) {
      const seen = await this.#go(url);
      const isLoginPage = url.pathname.startsWith("/interaction/") && seen.status === 200;
      const response = isLoginPage ? await this.#go(url, new URLSearchParams({ subject })) : seen;
      const location = response.headers.get("location");
      if (location === null) throw new Error(`The provider answered ${response.status}: ${await response.text()}`);
      url = new URL(location, url);
      if (url.origin !== origin) return url;
    }
    throw new Error("The provider redirects in a loop.");
  }

  async #go(url: URL, form?: URLSearchParams): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie },
      ...(form && { method: "POST", body: form }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === "") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }
}

/**
 * The callback parameters in the address.
 * @throws {Error} if the provider returned an error
 */
export const callbackIn = (address: URL): Callback => {
  const { state, code, iss, error } = Object.fromEntries(address.searchParams);
  if (state === undefined || code === undefined) throw new Error(`The provider sent back ${error ?? address.href}`);
  return { state, code, ...(iss !== undefined && { iss }) };
};

interface StartOptions {
  readonly provider?: string;
  readonly redirectUri?: string;
  readonly transport?: "BODY" | "COOKIE";
  readonly codeChallenge?: string;
  readonly tenant?: string;
}

/** Starts a login. From now on the client's cookie, or its verifier, is bound to the state. */
export const startSocialLogin = async (
  client: GraphQLClient,
  options: StartOptions = {},
): Promise<{ authorizationUrl: string; state: string }> => {
  const input = { provider: PROVIDER, redirectUri: REDIRECT_URI, ...options };
  return (await client.ask(START_SOCIAL_LOGIN, { input })).startSocialLogin;
};

/**
 * The complete redirect to the provider and back.
 * @returns the callback parameters for the API
 */
export const authorizeAtProvider = async (
  client: GraphQLClient,
  subject: string,
  options: StartOptions & { readonly visitor?: ProviderUserAgent } = {},
): Promise<Callback> => {
  const { visitor = new ProviderUserAgent(), ...start } = options;
  const { authorizationUrl } = await startSocialLogin(client, start);
  return callbackIn(await visitor.open(authorizationUrl, subject));
};

interface FinishOptions {
  readonly codeVerifier?: string;
  readonly deviceToken?: string;
}

/**
 * Submits the callback.
 * @returns the next step, any member of LoginResult
 */
export const finishSocialLogin = async (
  client: GraphQLClient,
  callback: Callback,
  options: FinishOptions = {},
): Promise<UntypedData> =>
  (await client.ask(FINISH_SOCIAL_LOGIN, { input: { ...callback, ...options } })).finishSocialLogin;

/** Submits a callback that must be refused. */
export const refusedSocialLogin = (
  client: GraphQLClient,
  callback: Partial<Callback>,
  options: FinishOptions = {},
): Promise<GraphQLErrorAnswer["extensions"]> =>
  client.refused(FINISH_SOCIAL_LOGIN, { input: { ...callback, ...options } });

/**
 * Logs a client in through the provider, completely, and signs it in.
 * @throws {Error} if another step is required
 */
export const logInBySocial = async (
  client: GraphQLClient,
  subject: string,
  options: StartOptions & FinishOptions & { readonly visitor?: ProviderUserAgent } = {},
): Promise<UntypedData> => {
  const { codeVerifier, deviceToken, ...start } = options;
  const callback = await authorizeAtProvider(client, subject, start);
  const answer = await finishSocialLogin(client, callback, {
    ...(codeVerifier !== undefined && { codeVerifier }),
    ...(deviceToken !== undefined && { deviceToken }),
  });
  if (answer.__typename !== "LoginSuccess") throw new Error(`The login needs another step: ${JSON.stringify(answer)}`);
  client.accessToken = answer.tokens.accessToken;
  client.refreshToken = answer.tokens.refreshToken;
  client.deviceToken = answer.deviceToken;
  return answer;
};

/** Links an account at the provider to the user signed in at the client. */
export const linkSocial = async (
  client: GraphQLClient,
  subject: string,
  options: StartOptions & { readonly visitor?: ProviderUserAgent } = {},
): Promise<UntypedData> => {
  const input = await authorizeAtProvider(client, subject, options);
  return (await client.ask(LINK_SOCIAL_ACCOUNT, { input })).linkSocialAccount.user;
};

/** The state that a refused callback must not change: users, linked accounts, sessions and logins. */
export const countPeople = async ({ app }: Pick<TestApp, "app">): Promise<UntypedData> => {
  const [counts] = await app.db.execute(sql`
    select (select count(*)::int from users) as users, (select count(*)::int from social_accounts) as social_accounts,
      (select count(*)::int from sessions) as sessions, (select count(*)::int from login_challenges) as logins`);
  return counts;
};

/** A client with a new address, because the number of logins is limited for each address. */
export const newUserAgent = ({ client }: Pick<TestApp, "client">): GraphQLClient =>
  client({ "x-forwarded-for": newAddress() });

/** Steps up a user without a credential except a provider account, by a mailed code. */
export const elevateByMail = async (
  app: Pick<TestApp, "mail">,
  { client, email }: { readonly client: GraphQLClient; readonly email: string },
): Promise<UntypedData> => {
  await client.ask("mutation { sendReauthenticationCode { sentTo } }");
  const { subject } = await app.mail.waitForMail({ to: email, subject: /^\d{6}/ });
  return elevate(client, { emailCode: subject?.slice(0, 6) });
};
