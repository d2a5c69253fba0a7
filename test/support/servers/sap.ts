import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** The failure modes of a system. */
export type SapTrouble =
  | "slow"
  | "unauthorized"
  | "forbidden"
  | "redirect"
  | "huge"
  | "html"
  | "broken"
  | "endless"
  | null;

export interface SapSystem {
  readonly baseUrl: string;
  readonly tokenUrl: string;
  login: { readonly username: string; readonly password: string };
  readonly oauthClient: { readonly clientId: string; readonly clientSecret: string };
  /** The technical names in its catalogue of OData V2. */
  services: string[];
  /** The service ids in its catalogue of OData V4, by group; null without such a catalogue. */
  groups: Record<string, string[]> | null;
  /**
   * The maximum number of entries in one response, regardless of the request; the rest follows by next links. Null for no limit.
   */
  pageSize: number | null;
  /** The host in its next links; null for its own. */
  nextHost: string | null;
  trouble: SapTrouble;
  /** The received requests, in order: `GET /path?query`. */
  readonly requests: string[];
  stop(): Promise<void>;
}

const CATALOGUE_V2 = "/sap/opu/odata/iwfnd/catalogservice;v=2/servicecollection";
const CATALOGUE_V4 = "/sap/opu/odata4/iwfnd/config/default/iwfnd/catalog/0002/servicegroups";
const TOKEN = "/sap/bc/sec/oauth2/token";

/**
 * The catalogues of an SAP Gateway, with a user and an OAuth 2 client. SAP treats paths in upper and lower case alike. The
 * responses have the form of SAP/open-ux-tools (axios-extension, test/abap/mockResponses).
 */
export const startSapSystem = async (): Promise<SapSystem> => {
  const sockets = new Set<Socket>();
  const accessToken = randomBytes(24).toString("base64url");
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "", system.baseUrl);
    system.requests.push(`${request.method} ${url.pathname}${url.search}`);
    if (url.pathname === TOKEN && request.method === "POST") return answerToken(request, response);
    if (system.trouble !== null) return TROUBLES[system.trouble](response);
    if (!isAuthorized(request)) return refuse(response, 401);
    const path = url.pathname.toLowerCase();
    if (path === CATALOGUE_V2) return answerJson(response, pageV2(url));
    if (path === CATALOGUE_V4 && system.groups !== null) return answerJson(response, pageV4(url, system.groups));
    return refuse(response, 404);
  };

  const isAuthorized = ({ headers }: IncomingMessage): boolean => {
    const { username, password } = system.login;
    return [`Basic ${base64(`${username}:${password}`)}`, `Bearer ${accessToken}`].includes(
      headers.authorization ?? "",
    );
  };

  const answerToken = (request: IncomingMessage, response: ServerResponse) => {
    const { clientId, clientSecret } = system.oauthClient;
    const pairs = new URLSearchParams({ id: clientId, secret: clientSecret }).toString();
    const [, id = "", secret = ""] = /^id=(.*)&secret=(.*)$/.exec(pairs) ?? [];
    const proof = `Basic ${base64(`${id}:${secret}`)}`;
    let form = "";
    request.on("data", (chunk: Buffer) => {
      form += chunk.toString();
    });
    request.on("end", () => {
      const isRight = request.headers.authorization === proof && form === "grant_type=client_credentials";
      if (!isRight) return answerJson(response, { error: "invalid_client" }, 401);
      return answerJson(response, { access_token: accessToken, token_type: "Bearer", expires_in: 3_600 });
    });
  };

  /** The entries that the query selects, and the position for the next link. */
  const cut = <T>(entries: readonly T[], url: URL, limit: number | null): { page: T[]; next: string | undefined } => {
    const start = Number(url.searchParams.get("$skiptoken") ?? url.searchParams.get("$skip") ?? 0);
    const wanted = Number(url.searchParams.get("$top") ?? Number.POSITIVE_INFINITY);
    const size = Math.min(wanted, limit ?? Number.POSITIVE_INFINITY);
    const page = entries.slice(start, start + size);
    if (limit === null || wanted <= limit || start + size >= entries.length) return { page, next: undefined };
    const link = new URL(url);
    link.searchParams.delete("$skip");
    link.searchParams.set("$skiptoken", String(start + size));
    return { page, next: (system.nextHost ?? "") + link.pathname + link.search };
  };

  const pageV2 = (url: URL) => {
    const { page, next } = cut(system.services, url, system.pageSize);
    const results = page.map((name) => ({
      __metadata: { type: "CATALOGSERVICE.Service", uri: `${system.baseUrl}${CATALOGUE_V2}('${name}_0001')` },
      ID: `${name}_0001`,
      Description: name,
      Title: name,
      TechnicalServiceVersion: 1,
      TechnicalServiceName: name,
      ServiceUrl: `${system.baseUrl}/sap/opu/odata/sap/${name}`,
      IsSapService: true,
    }));
    return { d: { results, ...(next !== undefined && { __next: next }) } };
  };

  const pageV4 = (url: URL, groups: Record<string, string[]>) => {
    const { page, next } = cut(Object.entries(groups), url, system.pageSize);
    const value = page.map(([GroupId, ids]) => ({
      GroupId,
      Description: GroupId,
      DefaultSystem: {
        SystemAlias: "LOCAL",
        Description: "Local System Alias",
        Services: ids.map((ServiceId) => ({
          RepositoryId: "DEFAULT",
          ServiceId,
          ServiceVersion: "0001",
          ServiceAlias: "",
        })),
      },
    }));
    return {
      "@odata.count": Object.keys(groups).length,
      value,
      ...(next !== undefined && { "@odata.nextLink": next }),
    };
  };

  const server = createServer(answer);
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const system: SapSystem = {
    baseUrl,
    tokenUrl: baseUrl + TOKEN,
    login: { username: "PORTCULLIS", password: `Pw-${randomBytes(6).toString("hex")}` },
    oauthClient: { clientId: "PORTCULLIS_CLIENT", clientSecret: `s:/${randomBytes(6).toString("hex")} +` },
    services: ["API_JOURNALENTRYITEMBASIC_SRV", "API_SUPPLIERINVOICE_PROCESS_SRV", "ZSALES_SRV"],
    groups: null,
    pageSize: null,
    nextHost: null,
    trouble: null,
    requests: [],
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return system;
};

const base64 = (text: string): string => Buffer.from(text).toString("base64");

const answerJson = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

const refuse = (response: ServerResponse, status: number): void => {
  response.writeHead(status, { "www-authenticate": 'Basic realm="SAP NetWeaver"' }).end("<html></html>");
};

const MIB = 1_024 * 1_024;

const TROUBLES: Readonly<Record<NonNullable<SapTrouble>, (response: ServerResponse) => void>> = {
  slow: () => undefined,
  unauthorized: (response) => refuse(response, 401),
  forbidden: (response) => refuse(response, 403),
  redirect: (response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
  huge: (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const more = (left: number): void => {
      if (left > 0 && !response.destroyed) response.write("x".repeat(MIB), () => more(left - 1));
      else response.end();
    };
    more(100);
  },
  html: (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>Log on</html>"),
  broken: (response) => answerJson(response, { d: { results: [{ TechnicalServiceName: 7 }] } }),
  endless: (response) => answerJson(response, { d: { results: [], __next: "/again?$skiptoken=1" } }),
};
