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

/** What came to the token endpoint. */
export interface TokenRequest {
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, unknown>>;
}

export interface LyingProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What it says of whoever logs in; the rest of an ID token is as it must be. */
  person: Claims;
  /** Changes the claims and the header of ID tokens, before they are signed with the right key. */
  lie: ((claims: Claims, header: Claims) => void) | null;
  /** Makes ID tokens by itself, of the claims that were to be in them. */
  forge: ((claims: Claims) => string) | null;
  /** What its discovery says otherwise; undefined leaves something out. */
  metadata: Claims;
  /** What its UserInfo endpoint says; it has none otherwise. */
  userinfo: Claims | null;
  /** What its token endpoint says otherwise. */
  tokens: Claims;
  /** The issuer that browsers come back with; null for none. */
  callbackIssuer: string | null;
  /** What answers in its place, by path. */
  readonly instead: Map<string, RequestListener>;
  /** Milliseconds that its answers take, by path. */
  readonly slow: Map<string, number>;
  /** What it was asked, in order: `GET /jwks`. */
  readonly requests: string[];
  readonly tokenRequests: TokenRequest[];
  /** Signs with a new key from now on, and publishes that one only. Codes that it gave out are gone. */
  changeKey(kid: string): Promise<void>;
  /** Claims as a token of its own, signed with its key. */
  sign(claims: Claims): Promise<string>;
  /** What it publishes of its key. */
  publicKey(): Claims;
  /** What a browser does there: it follows the address, and comes back. */
  visit(authorizationUrl: URL): Promise<{ readonly code: string; readonly iss: string | null }>;
  /** Is honest again, and has been asked nothing. */
  reset(): void;
  stop(): Promise<void>;
}

export const DISCOVERY = "/.well-known/openid-configuration";

/** A provider of OpenID Connect (oauth2-mock-server) that says whatever a test wants it to say. */
export const startLyingProvider = async (): Promise<LyingProvider> => {
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

  const provider: LyingProvider = {
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

const honestMetadata = ({ issuer, userinfo }: LyingProvider) => ({
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

const createService = async (provider: LyingProvider, kid: string): Promise<OAuth2Service> => {
  const issuer = new OAuth2Issuer();
  issuer.url = provider.issuer;
  await issuer.keys.generate("RS256", { kid });
  const service = new OAuth2Service(issuer);
  service.on("beforeTokenSigning", ({ header, payload }: MutableToken) => {
    // The access token, which nobody reads, is made the same way; only that one has a scope.
    if ("scope" in payload) return;
    // It takes the client's id as it is in the header, and not decoded.
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
