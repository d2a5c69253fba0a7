import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import type { Configuration, Provider } from "oidc-provider";

/** The provider's claims about a person. */
export interface OidcPerson {
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
}

/**
 * How it responds to the API when it fails. `silent`: never; `halfway`: it stops in the middle of a response; `dripping`: a byte
 * now and then, forever; `broken`: with an HTTP error; `confused`: with an HTML page.
 */
export type ProviderTrouble = "silent" | "halfway" | "dripping" | "broken" | "confused" | null;

export interface OidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The accounts, by subject. Other subjects log in without a name. */
  readonly people: Map<string, OidcPerson>;
  /** Applies to the API's requests only; browsers are served as usual. */
  trouble: ProviderTrouble;
  /** The API's requests, in order: `POST /token`. */
  readonly requests: readonly string[];
  /** The number of the API's requests without a response yet. */
  readonly open: number;
  /** Milliseconds spent on responses to the API since the last reading: the cost of the provider itself. */
  takeSpent(): number;
  /** Stops listening and closes all connections. */
  goDown(): Promise<void>;
  goUp(): Promise<void>;
  stop(): Promise<void>;
}

export interface OidcProviderOptions {
  /** The redirect URIs, which are compared as strings. */
  readonly redirectUris: readonly string[];
  /**
   * Whether the ID token omits the profile, which the specification allows: then only /userinfo returns it (OpenID Connect Core
   * 5.4).
   */
  readonly profileAtUserinfoOnly?: boolean;
  /** How the API authenticates as a client. */
  readonly clientAuthentication?: "client_secret_basic" | "client_secret_post";
}

/** Requests of the API, as opposed to those of a browser. */
const ASKED_BY_API = /^\/(\.well-known\/openid-configuration|jwks|token|me)$/;

/**
 * A real OpenID provider: certified code, with PKCE required, RFC 9207, an interactive login page, and a session cookie. Anyone
 * who knows a subject can log in as it, because passwords are not under test.
 */
export const startOidcProvider = async (options: OidcProviderOptions): Promise<OidcProvider> => {
  const people = new Map<string, OidcPerson>();
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const client = { clientId: "portcullis", clientSecret: `s:/+ ${randomBytes(24).toString("base64url")}` };
  let open = 0;
  let spent = 0;

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", issuer);
    if (!ASKED_BY_API.test(pathname)) return page(provider, people, request, response);
    requests.push(`${request.method} ${pathname}`);
    open++;
    const began = performance.now();
    response.on("close", () => {
      open--;
      spent += performance.now() - began;
    });
    if (running.trouble !== null) return TROUBLES[running.trouble](response);
    return void provider.callback()(request, response);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const goDown = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  await listen(0);
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const provider = await createProvider(issuer, client, people, options);

  const running: OidcProvider = {
    issuer,
    ...client,
    people,
    trouble: null,
    requests,
    get open() {
      return open;
    },
    takeSpent() {
      const before = spent;
      spent = 0;
      return before;
    },
    goDown,
    goUp: () => listen(port),
    stop: async () => {
      if (server.listening) await goDown();
    },
  };
  return running;
};

const createProvider = async (
  issuer: string,
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
  people: ReadonlyMap<string, OidcPerson>,
  { redirectUris, profileAtUserinfoOnly = false, clientAuthentication = "client_secret_basic" }: OidcProviderOptions,
): Promise<Provider> => {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const configuration: Configuration = {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [...redirectUris],
        token_endpoint_auth_method: clientAuthentication,
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    conformIdTokenClaims: profileAtUserinfoOnly,
    pkce: { required: () => true },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: "test", use: "sig", alg: "RS256" }] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    // Tests set the API's clock ahead, but not this one, so its tokens are valid for a long time.
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 86_400, AuthorizationCode: 60 },
    findAccount: (_, subject) => {
      const person = people.get(subject);
      return person && { accountId: subject, claims: () => ({ ...person, sub: subject }) };
    },
  };
  return withoutAdvice(async () => {
    const { Provider } = await import("oidc-provider");
    const provider = new Provider(issuer, configuration);
    // Created at the first request, with more warnings.
    provider.callback();
    return provider;
  });
};

/** It warns its operators about what production needs, which does not apply here. */
const withoutAdvice = async <T>(work: () => Promise<T>): Promise<T> => {
  const { info, warn } = console;
  Object.assign(console, { info: () => undefined, warn: () => undefined });
  try {
    return await work();
  } finally {
    Object.assign(console, { info, warn });
  }
};

/** The page for a person's browser: login and consent in one click. */
const page = async (
  provider: Provider,
  people: ReadonlyMap<string, OidcPerson>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  if (!request.url?.startsWith("/interaction/")) return void provider.callback()(request, response);
  if (request.method !== "POST") return void response.setHeader("content-type", "text/html").end(loginPage(people));
  try {
    const accountId = new URLSearchParams(await textOf(request)).get("subject") ?? "";
    const { params } = await provider.interactionDetails(request, response);
    if (!people.has(accountId))
      return await provider.interactionFinished(request, response, { error: "access_denied" });
    const grant = new provider.Grant({ accountId, clientId: String(params.client_id) });
    grant.addOIDCScope(String(params.scope));
    const result = { login: { accountId }, consent: { grantId: await grant.save() } };
    await provider.interactionFinished(request, response, result);
  } catch {
    response.writeHead(400).end();
  }
};

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
};

const loginPage = (people: ReadonlyMap<string, OidcPerson>): string => {
  const button = (subject: string) => `<button name="subject" value="${subject}">${subject}</button>`;
  return `<!doctype html><title>Who are you?</title><link rel="icon" href="data:,"><form method="post">
    ${[...people.keys()].map(button).join("\n")}<button name="subject" value="">Cancel</button></form>`;
};

const JSON_TYPE = { "content-type": "application/json" };

const TROUBLES: Readonly<Record<NonNullable<ProviderTrouble>, (response: ServerResponse) => void>> = {
  silent: () => undefined,
  halfway: (response) => void response.writeHead(200, { ...JSON_TYPE, "content-length": "1000" }).write('{"issuer":'),
  dripping: (response) => {
    response.writeHead(200, JSON_TYPE).write("{");
    const drop = setInterval(() => response.write(" "), 100);
    response.on("close", () => clearInterval(drop));
  },
  broken: (response) => void response.writeHead(503, JSON_TYPE).end('{"error":"server_error"}'),
  confused: (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>Sorry</html>"),
};
