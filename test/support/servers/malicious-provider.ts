import { randomBytes } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { decodeJwt } from "jose";
import {
  type MutableRedirectUri,
  type MutableResponse,
  type MutableToken,
  OAuth2Issuer,
  OAuth2Service,
  type TokenRequestIncomingMessage,
} from "oauth2-mock-server";

export type Claims = Record<string, unknown>;

/** The request to the token endpoint. */
export interface TokenRequest {
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, unknown>>;
}

export interface MaliciousProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The claims about the user who logs in; the rest of an ID token is correct. */
  person: Claims;
  /** Changes the claims and the header of ID tokens, before they are signed with the right key. */
  lie: ((claims: Claims, header: Claims) => void) | null;
  /** Creates ID tokens itself, from the claims that they would have. */
  forge: ((claims: Claims) => string) | null;
  /** Changes to the discovery document; undefined removes a property. */
  metadata: Claims;
  /** The response of the UserInfo endpoint, which is absent by default. */
  userinfo: Claims | null;
  /** Changes to the response of the token endpoint. */
  tokens: Claims;
  /** The issuer in the callback; null for none. */
  callbackIssuer: string | null;
  /** Request handlers that replace the regular ones, by path. */
  readonly instead: Map<string, RequestListener>;
  /** Milliseconds by which responses are delayed, by path. */
  readonly slow: Map<string, number>;
  /** The received requests, in order: `GET /jwks`. */
  readonly requests: string[];
  readonly tokenRequests: TokenRequest[];
  /** Signs with a new key from now on, and publishes only that one. Issued codes are void. */
  changeKey(kid: string): Promise<void>;
  /** Claims as a token that is signed with its key. */
  sign(claims: Claims): Promise<string>;
  /** The published part of its key. */
  publicKey(): Claims;
  /** A browser's visit: it opens the address, and returns with the callback. */
  visit(authorizationUrl: URL): Promise<{ readonly code: string; readonly iss: string | null }>;
  /** Resets all overrides, and the list of requests. */
  reset(): void;
  stop(): Promise<void>;
}

export const DISCOVERY = "/.well-known/openid-configuration";

/** A provider of OpenID Connect (oauth2-mock-server) whose responses a test can change. */
export const startMaliciousProvider = async (): Promise<MaliciousProvider> => {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", provider.issuer);
    provider.requests.push(`${request.method} ${pathname}`);
    const answer = provider.instead.get(pathname) ?? (pathname === DISCOVERY ? publish : service.requestHandler);
    setTimeout(() => answer(request, response), provider.slow.get(pathname) ?? 0);
  });
  const publish: RequestListener = (_, response) => {
    const metadata = { ...honestMetadata(provider), ...provider.metadata };
    response.setHeader("content-type", "application/json").end(JSON.stringify(metadata));
  };
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const provider: MaliciousProvider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId: "portcullis",
    clientSecret: randomBytes(24).toString("base64url"),
    ...honest(),
    instead: new Map(),
    slow: new Map(),
    requests: [],
    tokenRequests: [],
    async changeKey(kid) {
      service = await createService(provider, kid);
    },
    sign: (claims) =>
      service.issuer.buildToken({
        scopesOrTransform: (_header, payload) => Object.assign(payload, { aud: provider.clientId, ...claims }),
      }),
    publicKey: () => ({ ...service.issuer.keys.toJSON()[0] }),
    async visit(authorizationUrl) {
      const { headers } = await fetch(authorizationUrl, { redirect: "manual" });
      const { searchParams } = new URL(headers.get("location") ?? "");
      return { code: searchParams.get("code") ?? "", iss: searchParams.get("iss") };
    },
    reset() {
      Object.assign(provider, honest());
      provider.instead.clear();
      provider.slow.clear();
      provider.requests.length = 0;
      provider.tokenRequests.length = 0;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  let service = await createService(provider, "first");
  return provider;
};

const honest = () => ({
  person: { sub: "subject-1", email: "ada@people.example", email_verified: true, name: "Ada Lovelace" },
  lie: null,
  forge: null,
  metadata: {},
  userinfo: null,
  tokens: {},
  callbackIssuer: null,
});

const honestMetadata = ({ issuer, userinfo }: MaliciousProvider) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  ...(userinfo && { userinfo_endpoint: `${issuer}/userinfo` }),
  response_types_supported: ["code"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256"],
  token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
  code_challenge_methods_supported: ["S256"],
});

const createService = async (provider: MaliciousProvider, kid: string): Promise<OAuth2Service> => {
  const issuer = new OAuth2Issuer();
  issuer.url = provider.issuer;
  await issuer.keys.generate("RS256", { kid });
  const service = new OAuth2Service(issuer);
  service.on("beforeTokenSigning", ({ header, payload }: MutableToken) => {
    // The access token, which is never read, is created in the same way; only that one has a scope.
    if ("scope" in payload) return;
    // It uses the client id from the header without decoding it.
    Object.assign(payload, { aud: provider.clientId, ...provider.person });
    provider.lie?.(payload, header);
  });
  service.on("beforeResponse", ({ body }: MutableResponse, request: TokenRequestIncomingMessage) => {
    provider.tokenRequests.push({ authorization: request.headers.authorization, form: { ...request.body } });
    if (body === "") return;
    if (provider.forge) body.id_token = provider.forge(decodeJwt(String(body.id_token)));
    Object.assign(body, provider.tokens);
  });
  service.on("beforeUserinfo", (response: MutableResponse) => {
    response.body = { ...provider.userinfo };
  });
  service.on("beforeAuthorizeRedirect", ({ url }: MutableRedirectUri) => {
    if (provider.callbackIssuer !== null) url.searchParams.set("iss", provider.callbackIssuer);
  });
  return service;
};
