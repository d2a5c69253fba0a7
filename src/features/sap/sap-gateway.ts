import { z } from "zod";
import type { HttpRequest, HttpResponse, SafeHttpClient } from "#platform/http-client/index";
import { SECOND } from "#shared/durations";
import type { SapConnectionDetails } from "./sap.policy.ts";
import { sapFailure, sapUnauthorized, sapUnreachable } from "./sap-failures.ts";

// What SAP documents about this, and what it does not:
// - The OData V2 catalogue service: its address, and that it lists all services of a Gateway. See SAP Help, "Catalog Service"
//   (SAP Gateway Foundation 7.50). The fields of an entry (TechnicalServiceName) and support for $format=json: SAP's own client
//   in its developer tools, github.com/SAP/open-ux-tools, axios-extension, v2-catalog-service.
// - The OData V4 catalogue: its fields and next links ($skiptoken) are in the same client, v4-catalog-service. SAP Help documents
//   service groups, but not a catalogue of them.
// - An AS ABAP issues OAuth 2 tokens for OData at /sap/bc/sec/oauth2/token: SAP Help, "Token Endpoint for OAuth 2.0". The grant
//   is RFC 6749, section 4.4; the client authenticates as in section 2.3.1.
// - /sap/bc/ping is not a documented connection test, and such services are inactive by default (SAP Help, "Active Services in
//   SICF"). The ping is therefore a call of the catalogue itself, which must exist anyway.
// - $top, $skip, $select and __next are part of OData V2.

/** The timeout of a whole check. */
const CHECK_TIMEOUT_MS = 10 * SECOND;

const CATALOGUE_V2 = "/sap/opu/odata/iwfnd/catalogservice;v=2";
const CATALOGUE_V4 = "/sap/opu/odata4/iwfnd/config/default/iwfnd/catalog/0002";

/** Entries per page, and the maximum number of pages of a catalogue: a large S/4HANA has about 4,000 services. */
const PAGE = 500;
const MAX_PAGES = 100;

/** Maximum number of services in both catalogues, because all are stored, and scanned on every request for capabilities. */
const MAX_SERVICES = 10_000;

/** Maximum size of one response, and of all responses of a check, in bytes. */
const MAX_ANSWER = 2 * 1_024 * 1_024;
const MAX_TOTAL = 16 * 1_024 * 1_024;

/** ABAP names: letters, digits, underscores, and a namespace between slashes. */
const TECHNICAL_NAME = /^[\w/-]{1,100}$/;

const PageV2 = z.object({
  d: z.object({
    results: z.array(z.object({ TechnicalServiceName: z.string() })),
    __next: z.string().optional(),
  }),
});

const PageV4 = z.object({
  value: z.array(
    z.object({
      DefaultSystem: z.object({ Services: z.array(z.object({ ServiceId: z.string() })).optional() }).nullish(),
    }),
  ),
  "@odata.nextLink": z.string().optional(),
});

/** RFC 6749, section 5.1. The token is sent in a header, so its characters are limited to those of RFC 6750. */
const Token = z.object({
  access_token: z.string().regex(/^[\w.~+/=-]{1,16384}$/),
  token_type: z.string().regex(/^bearer$/i),
});

type Query = Readonly<Record<string, string>>;

/** The state shared by all calls of one check. */
interface SapCall {
  readonly baseUrl: URL;
  readonly deadline: AbortSignal;
  /** The Authorization header. */
  readonly authorization: string;
  bytesLeft: number;
}

/** Lists the services of a tenant's SAP Gateway. */
export class SapGateway {
  constructor(private readonly deps: { httpClient: Pick<SafeHttpClient, "request"> }) {}

  /**
   * @returns the technical names of all services in its catalogues, sorted, after at most ten seconds
   * @throws {AppError} UPSTREAM_FAILED/SAP_UNREACHABLE, UPSTREAM_FAILED/SAP_UNAUTHORIZED, BAD_REQUEST/SAP_ADDRESS_REFUSED
   */
  async listServices(details: SapConnectionDetails): Promise<string[]> {
    const { baseUrl } = details;
    const unauthorized = {
      baseUrl,
      deadline: AbortSignal.timeout(CHECK_TIMEOUT_MS),
      authorization: "",
      bytesLeft: MAX_TOTAL,
    };
    const sapCall = { ...unauthorized, authorization: await this.#authorize(unauthorized, details) };
    await this.#ping(sapCall);
    const names = [...(await this.#listV2(sapCall)), ...(await this.#listV4(sapCall))];
    const services = [...new Set(names.filter((name) => TECHNICAL_NAME.test(name)))];
    if (services.length > MAX_SERVICES) throw endless();
    return services.toSorted();
  }

  async #authorize(sapCall: SapCall, { username, password, oauth }: SapConnectionDetails): Promise<string> {
    if (!oauth) return basic(username ?? "", password ?? "");
    const { status, body } = await this.#call(sapCall, {
      url: oauth.tokenUrl,
      method: "POST",
      headers: {
        authorization: basic(formEncoded(oauth.clientId), formEncoded(oauth.clientSecret)),
        // Makes SAP BTP decode the client credentials as RFC 6749 encodes them.
        "x-cf-encoded-credentials": "true",
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: "grant_type=client_credentials",
    });
    // The status for an unknown client is the server's choice (section 5.2).
    if ([400, 401, 403].includes(status)) throw sapUnauthorized("The token server rejected this client.");
    if (status !== 200) throw unexpected(status);
    return `Bearer ${parse(Token, body).access_token}`;
  }

  /** Checks that SAP responds and accepts these credentials, before a larger request. */
  async #ping(sapCall: SapCall): Promise<void> {
    const { status } = await this.#get(sapCall, `${CATALOGUE_V2}/ServiceCollection`, { $format: "json", $top: "1" });
    ensureOk(status);
  }

  async #listV2(sapCall: SapCall): Promise<ReadonlySet<string>> {
    const first = { $format: "json", $select: "TechnicalServiceName", $top: String(PAGE), $skip: "0" };
    const names = new Set<string>();
    let query: Query = first;
    let entries = 0;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { status, body } = await this.#get(sapCall, `${CATALOGUE_V2}/ServiceCollection`, query);
      ensureOk(status);
      const { results, __next: next } = parse(PageV2, body).d;
      const known = names.size;
      for (const { TechnicalServiceName } of results) names.add(TechnicalServiceName);
      entries += results.length;
      if (next !== undefined) query = { ...queryOf(next), $format: "json" };
      // The last page is one that is not full, or one without new names (from a server that ignores $skip).
      else if (results.length === PAGE && names.size > known) query = { ...first, $skip: String(entries) };
      else return names;
    }
    throw endless();
  }

  /** Returns an empty set if there is no such catalogue: older systems do not have it (404), or it is not activated (403). */
  async #listV4(sapCall: SapCall): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    let query: Query = { $expand: "DefaultSystem($expand=Services)" };
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { status, body } = await this.#get(sapCall, `${CATALOGUE_V4}/ServiceGroups`, query);
      if (page === 0 && (status === 404 || status === 403)) return names;
      ensureOk(status);
      const { value: groups, "@odata.nextLink": next } = parse(PageV4, body);
      for (const { DefaultSystem } of groups) {
        for (const { ServiceId } of DefaultSystem?.Services ?? []) names.add(ServiceId);
      }
      if (next === undefined) return names;
      query = queryOf(next);
    }
    throw endless();
  }

  #get(sapCall: SapCall, path: string, query: Query): Promise<HttpResponse> {
    const { baseUrl, authorization } = sapCall;
    const url = new URL(baseUrl);
    url.pathname = baseUrl.pathname.replace(/\/+$/, "") + path;
    const client = baseUrl.searchParams.get("sap-client");
    url.search = new URLSearchParams({ ...query, ...(client !== null && { "sap-client": client }) }).toString();
    return this.#call(sapCall, { url, headers: { authorization, accept: "application/json" } });
  }

  async #call(sapCall: SapCall, request: Omit<HttpRequest, "deadline" | "maxBytes">): Promise<HttpResponse> {
    try {
      const maxBytes = Math.min(MAX_ANSWER, sapCall.bytesLeft);
      const answer = await this.deps.httpClient.request({ ...request, deadline: sapCall.deadline, maxBytes });
      sapCall.bytesLeft -= answer.body.length;
      return answer;
    } catch (error) {
      throw sapFailure(error);
    }
  }
}

/** RFC 7617, in UTF-8. */
const basic = (name: string, secret: string): string => `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;

const formEncoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);

/**
 * Returns only the query of a next link, never its host. Systems behind a proxy return host names that only they can resolve, and
 * a malicious system could name any host.
 */
const queryOf = (link: string): Query => {
  const [, query = ""] = /\?([^#]*)/.exec(link) ?? [];
  return Object.fromEntries(new URLSearchParams(query));
};

const ensureOk = (status: number): void => {
  if (status === 401 || status === 403)
    throw sapUnauthorized("SAP rejected these credentials, or they lack access to the catalogue.");
  if (status !== 200) throw unexpected(status);
};

const unexpected = (status: number) => sapUnreachable(`SAP responded with status ${status}.`);

const endless = () => sapUnreachable("SAP's catalogue is too large.");

const parse = <Shape extends z.ZodType>(shape: Shape, body: Buffer): z.infer<Shape> => {
  try {
    return shape.parse(JSON.parse(body.toString()));
  } catch {
    // Without a cause, because it would quote the response.
    throw sapUnreachable("SAP returned an unexpected response.");
  }
};
