import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface GitHubPerson {
  readonly id: number;
  readonly login: string;
  readonly name: string | null;
  /** As in the profile; it may be an address that was never verified. */
  readonly email: string | null;
  readonly addresses: readonly { readonly email: string; readonly primary: boolean; readonly verified: boolean }[];
}

export interface GitHub {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly callbackUrl: string;
  /** The user who is logged in there. */
  person: GitHubPerson;
  /** The scopes that the user granted to the app. */
  scopes: readonly string[];
  /** Responses, by path, that replace the regular ones. */
  readonly instead: Map<string, { readonly status: number; readonly body: unknown }>;
  readonly requests: string[];
  visit(authorizationUrl: URL): Promise<{ readonly code: string; readonly iss: string | null }>;
  stop(): Promise<void>;
}

/** The data behind an authorization code. */
interface Given {
  readonly redirectUri: string;
  readonly challenge: string | null;
}

/**
 * The parts of GitHub that logins use, with the responses of its documentation: an OAuth app's codes (RFC 7636, S256), errors
 * with status 200, no ID tokens, and an API that requires a User-Agent and an access token.
 */
export const startGitHub = async (callbackUrl: string): Promise<GitHub> => {
  const sockets = new Set<Socket>();
  const codes = new Map<string, Given>();
  const tokens = new Set<string>();

  const authorize = ({ searchParams }: URL, response: ServerResponse) => {
    const code = randomBytes(10).toString("hex");
    const redirectUri = searchParams.get("redirect_uri") ?? callbackUrl;
    codes.set(code, { redirectUri, challenge: searchParams.get("code_challenge") });
    const back = new URL(redirectUri);
    back.searchParams.set("code", code);
    back.searchParams.set("state", searchParams.get("state") ?? "");
    back.searchParams.set("iss", `${github.url}/login/oauth`);
    response.writeHead(302, { location: back.href }).end();
  };

  const trade = async (request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams(await textOf(request));
    const refusal = refusalOf(form);
    if (refusal) return answer(response, 200, { error: refusal, error_description: "…", error_uri: "/apps/…" });
    const token = `gho_${randomBytes(18).toString("hex")}`;
    tokens.add(token);
    return answer(response, 200, { access_token: token, scope: github.scopes.join(","), token_type: "bearer" });
  };

  const refusalOf = (form: URLSearchParams): string | null => {
    if (form.get("client_id") !== github.clientId || form.get("client_secret") !== github.clientSecret)
      return "incorrect_client_credentials";
    const code = form.get("code") ?? "";
    const given = codes.get(code);
    codes.delete(code);
    if (!given || challengeOf(form.get("code_verifier")) !== given.challenge) return "bad_verification_code";
    return form.get("redirect_uri") === given.redirectUri ? null : "redirect_uri_mismatch";
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", github.url);
    github.requests.push(`${request.method} ${url.pathname}${url.pathname.startsWith("/api/") ? url.search : ""}`);
    const instead = github.instead.get(url.pathname);
    if (instead) return answer(response, instead.status, instead.body);
    if (url.pathname === "/login/oauth/authorize") return authorize(url, response);
    if (url.pathname === "/login/oauth/access_token" && request.method === "POST") return void trade(request, response);
    const { authorization, "user-agent": userAgent } = request.headers;
    if (!userAgent) return answer(response, 403, { message: "Request forbidden by administrative rules." });
    if (!tokens.has(authorization?.replace(/^Bearer /, "") ?? ""))
      return answer(response, 401, { message: "Bad credentials" });
    const { addresses, ...profile } = github.person;
    if (url.pathname === "/api/v3/user") return answer(response, 200, { ...profile, type: "User" });
    if (url.pathname !== "/api/v3/user/emails" || !github.scopes.includes("user:email"))
      return answer(response, 404, { message: "Not Found" });
    return answer(
      response,
      200,
      addresses.map((address) => ({ ...address, visibility: null })),
    );
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const github: GitHub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId: "Iv1.portcullis",
    clientSecret: randomBytes(20).toString("hex"),
    callbackUrl,
    person: {
      id: 583_231,
      login: "octocat",
      name: "The Octocat",
      email: null,
      addresses: [
        { email: "octocat@old.example", primary: false, verified: true },
        { email: "octocat@people.example", primary: true, verified: true },
      ],
    },
    scopes: ["read:user", "user:email"],
    instead: new Map(),
    requests: [],
    async visit(authorizationUrl) {
      const { headers } = await fetch(authorizationUrl, { redirect: "manual" });
      const { searchParams } = new URL(headers.get("location") ?? "");
      return { code: searchParams.get("code") ?? "", iss: searchParams.get("iss") };
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return github;
};

const challengeOf = (verifier: string | null): string | null =>
  verifier === null ? null : createHash("sha256").update(verifier).digest("base64url");

const answer = (response: ServerResponse, status: number, body: unknown): void =>
  void response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
};
