import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretPost,
  Configuration,
  type CustomFetch,
  calculatePKCECodeChallenge,
  customFetch,
  fetchProtectedResource,
} from "openid-client";
import { z } from "zod";
import type { GitHubSettings } from "../social-settings.ts";
import { callbackUrl, expectedSender, withRedirectUri } from "./callback-params.ts";
import { readProfile } from "./identity-claims.ts";
import type { AuthorizationRequest, CallbackParams, IdentityProvider, ProviderIdentity } from "./provider.ts";
import { callProvider, type ProviderCallDeps } from "./provider-call.ts";
import { invalidProviderResponse } from "./provider-error.ts";

// GitHub's documentation of this: "Authorizing OAuth apps" (endpoints, PKCE, scopes), "Troubleshooting OAuth app access token
// request errors", "GitHub authentication discovery endpoints" (its issuer, and that it issues no ID tokens), and in its REST API
// "Get the authenticated user" and "List email addresses for the authenticated user".

const GitHubUser = z.object({
  // Usernames can be transferred to other people; ids cannot.
  id: z.number().int().positive(),
  name: z.string().nullish(),
});

const Addresses = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

const API_HEADERS = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };

/** The OAuth endpoints and the API of a GitHub server. */
export const endpointsOf = (server: string) => ({
  issuer: `${server}/login/oauth`,
  authorization_endpoint: `${server}/login/oauth/authorize`,
  token_endpoint: `${server}/login/oauth/access_token`,
  api: apiOf(new URL(server)),
});

/** github.com and the hosts of ghe.com have a separate API host; self-hosted servers have a path. */
const apiOf = ({ origin, protocol, host }: URL): string =>
  host === "github.com" || host.endsWith(".ghe.com") ? `${protocol}//api.${host}` : `${origin}/api/v3`;

/** GitHub: OAuth 2 with PKCE, and its API for the user of the token. */
export class GitHubProvider implements IdentityProvider {
  readonly id: string;
  readonly name: string;
  readonly #settings: GitHubSettings;
  readonly #deps: ProviderCallDeps;
  readonly #endpoints: ReturnType<typeof endpointsOf>;

  constructor(settings: GitHubSettings, deps: ProviderCallDeps) {
    this.id = settings.id;
    this.name = settings.name;
    this.#settings = settings;
    this.#deps = deps;
    this.#endpoints = endpointsOf(settings.server);
  }

  authorizationUrl({ redirectUri, state, pkceVerifier }: AuthorizationRequest): Promise<URL> {
    return callProvider(this.id, this.#deps, async (fetch) =>
      buildAuthorizationUrl(this.#configure(fetch), {
        redirect_uri: redirectUri,
        scope: this.#settings.scopes,
        state,
        code_challenge: await calculatePKCECodeChallenge(pkceVerifier),
        code_challenge_method: "S256",
      }),
    );
  }

  identify(request: AuthorizationRequest, callback: CallbackParams): Promise<ProviderIdentity> {
    return callProvider(this.id, this.#deps, async (fetch) => {
      const { issuer } = this.#endpoints;
      const url = callbackUrl(request, callback, expectedSender({ issuer }, callback.iss));
      const config = this.#configure(withRedirectUri(withHonestStatus(fetch), request.redirectUri));
      const { access_token: accessToken } = await authorizationCodeGrant(config, url, {
        expectedState: request.state,
        pkceCodeVerifier: request.pkceVerifier,
      });
      config[customFetch] = fetch;
      const [person, address] = await Promise.all([
        this.#askWho(config, accessToken),
        this.#askAddress(config, accessToken),
      ]);
      const claims = { name: person.name, email: address?.email, email_verified: address?.verified };
      return {
        issuer,
        subject: String(person.id),
        ...readProfile(claims, {
          isVerified: ({ email_verified }) => email_verified === true,
          vouchesFor: this.#settings.vouchesFor,
        }),
      };
    });
  }

  #configure(fetch: CustomFetch): Configuration {
    const { clientId, clientSecret, server } = this.#settings;
    const { api: _, ...metadata } = this.#endpoints;
    const config = new Configuration(metadata, clientId, undefined, ClientSecretPost(clientSecret));
    config[customFetch] = fetch;
    if (server.startsWith("http:")) allowInsecureRequests(config);
    return config;
  }

  async #askWho(config: Configuration, accessToken: string): Promise<z.infer<typeof GitHubUser>> {
    const response = await this.#get(config, accessToken, "/user");
    if (!response.ok) throw invalidProviderResponse(`who it is: ${response.status}`);
    return GitHubUser.parse(await response.json());
  }

  /** Returns the primary address. Null if the app has no access to it: users, and GitHub Apps, may withhold it. */
  async #askAddress(config: Configuration, accessToken: string) {
    const response = await this.#get(config, accessToken, "/user/emails?per_page=100");
    if (response.status === 403 || response.status === 404) return null;
    if (!response.ok) throw invalidProviderResponse(`addresses: ${response.status}`);
    return Addresses.parse(await response.json()).find(({ primary }) => primary) ?? null;
  }

  #get(config: Configuration, accessToken: string, path: string): Promise<Response> {
    const url = new URL(`${this.#endpoints.api}${path}`);
    return fetchProtectedResource(config, accessToken, url, "GET", null, new Headers(API_HEADERS));
  }
}

/** GitHub reports errors with status 200; openid-client expects the status of RFC 6749, section 5.2. */
const withHonestStatus =
  (fetch: CustomFetch): CustomFetch =>
  async (...request) => {
    const response = await fetch(...request);
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => null);
    const refuses = response.ok && typeof body === "object" && body !== null && "error" in body;
    return refuses ? new Response(JSON.stringify(body), { status: 400, headers: response.headers }) : response;
  };
