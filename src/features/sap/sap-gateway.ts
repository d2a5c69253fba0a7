import { z } from "zod";
import type { OutgoingAnswer, OutgoingClient, OutgoingRequest } from "#platform/outgoing/index";
import { SECOND } from "#shared/durations";
import type { SapConnectionDetails } from "./sap.policy.ts";
import { sapFailure, sapUnauthorized, sapUnreachable } from "./sap-failures.ts";

// What SAP documents of this, and what it does not:
// - The catalogue service of OData V2, its address and that it lists all services of a Gateway: SAP Help, "Catalog Service"
//   (SAP Gateway Foundation 7.50). The fields of an entry (TechnicalServiceName), and that it takes $format=json: SAP's own
//   client in its tools for developers, github.com/SAP/open-ux-tools, axios-extension, v2-catalog-service.
// - The catalogue of OData V4, its fields and its next links ($skiptoken): the same, v4-catalog-service. SAP Help documents
//   service groups, and no catalogue of them.
// - That an AS ABAP gives out OAuth 2 tokens for OData at /sap/bc/sec/oauth2/token: SAP Help, "Token Endpoint for OAuth 2.0".
//   The grant is RFC 6749, section 4.4; the client proves itself as section 2.3.1 says.
// - /sap/bc/ping is no documented way to test a connection, and services like it are delivered switched off (SAP Help, "Active
//   Services in SICF"): the ping is a call of the catalogue itself, which must be there anyway.
// - $top, $skip, $select and __next are OData V2's own.

/** A whole check, in milliseconds. */
const CHECK_TIME = 10 * SECOND;

const CATALOGUE_V2 = "/sap/opu/odata/iwfnd/catalogservice;v=2";
const CATALOGUE_V4 = "/sap/opu/odata4/iwfnd/config/default/iwfnd/catalog/0002";

/** Entries that are asked for at once; and how many pages a catalogue has at most: a large S/4HANA has some 4,000 services. */
const PAGE = 500;
const MAX_PAGES = 100;

/** Services, of both catalogues: all of them are kept, and gone through whenever somebody asks for capabilities. */
const MAX_SERVICES = 10_000;

/** Bytes, of one answer and of all of a check. */
const MAX_ANSWER = 2 * 1_024 * 1_024;
const MAX_TOTAL = 16 * 1_024 * 1_024;

/** ABAP's names: letters, digits, underscores, and a namespace between slashes. */
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

/** RFC 6749, section 5.1. The token goes into a header: it has the characters of RFC 6750. */
const Token = z.object({
  access_token: z.string().regex(/^[\w.~+/=-]{1,16384}$/),
  token_type: z.string().regex(/^bearer$/i),
});

type Query = Readonly<Record<string, string>>;

/** One check: what all of its calls share. */
interface Visit {
  readonly baseUrl: URL;
  readonly deadline: AbortSignal;
  /** The header that proves who asks. */
  readonly authorization: string;
  bytesLeft: number;
}

/** A tenant's SAP Gateway, asked which services it has. */
export class SapGateway {
  constructor(private readonly deps: { outgoing: Pick<OutgoingClient, "call"> }) {}

  /**
   * The technical names of all services in its catalogues, sorted; takes ten seconds at most. Throws
   * UPSTREAM_FAILED/SAP_UNREACHABLE, UPSTREAM_FAILED/SAP_UNAUTHORIZED and BAD_REQUEST/SAP_ADDRESS_REFUSED.
   */
  async listServices(details: SapConnectionDetails): Promise<string[]> {
    const { baseUrl } = details;
    const beginning = { baseUrl, deadline: AbortSignal.timeout(CHECK_TIME), authorization: "", bytesLeft: MAX_TOTAL };
    const visit = { ...beginning, authorization: await this.#authorize(beginning, details) };
    await this.#ping(visit);
    const names = [...(await this.#listV2(visit)), ...(await this.#listV4(visit))];
    const services = [...new Set(names.filter((name) => TECHNICAL_NAME.test(name)))];
    if (services.length > MAX_SERVICES) throw endless();
    return services.toSorted();
  }

  async #authorize(visit: Visit, { username, password, oauth }: SapConnectionDetails): Promise<string> {
    if (!oauth) return basic(username ?? "", password ?? "");
    const { status, body } = await this.#call(visit, {
      url: oauth.tokenUrl,
      method: "POST",
      headers: {
        authorization: basic(formEncoded(oauth.clientId), formEncoded(oauth.clientSecret)),
        // What makes SAP BTP read the client's proof as RFC 6749 writes it.
        "x-cf-encoded-credentials": "true",
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: "grant_type=client_credentials",
    });
    // Which of them a server takes for a client that it does not know is its own choice (section 5.2).
    if ([400, 401, 403].includes(status)) throw sapUnauthorized("The token server refuses this client.");
    if (status !== 200) throw unexpected(status);
    return `Bearer ${parse(Token, body).access_token}`;
  }

  /** Whether SAP is there and lets these credentials in, before anything larger is asked for. */
  async #ping(visit: Visit): Promise<void> {
    const { status } = await this.#get(visit, `${CATALOGUE_V2}/ServiceCollection`, { $format: "json", $top: "1" });
    ensureOk(status);
  }

  async #listV2(visit: Visit): Promise<ReadonlySet<string>> {
    const first = { $format: "json", $select: "TechnicalServiceName", $top: String(PAGE), $skip: "0" };
    const names = new Set<string>();
    let query: Query = first;
    let entries = 0;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { status, body } = await this.#get(visit, `${CATALOGUE_V2}/ServiceCollection`, query);
      ensureOk(status);
      const { results, __next: next } = parse(PageV2, body).d;
      const known = names.size;
      for (const { TechnicalServiceName } of results) names.add(TechnicalServiceName);
      entries += results.length;
      if (next !== undefined) query = { ...queryOf(next), $format: "json" };
      // A page that is not full is the last; and so is one that brings nothing new, where $skip is not understood.
      else if (results.length === PAGE && names.size > known) query = { ...first, $skip: String(entries) };
      else return names;
    }
    throw endless();
  }

  /** Empty where there is no such catalogue: older systems have none (404), or it is not switched on (403). */
  async #listV4(visit: Visit): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    let query: Query = { $expand: "DefaultSystem($expand=Services)" };
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { status, body } = await this.#get(visit, `${CATALOGUE_V4}/ServiceGroups`, query);
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

  #get(visit: Visit, path: string, query: Query): Promise<OutgoingAnswer> {
    const { baseUrl, authorization } = visit;
    const url = new URL(baseUrl);
    url.pathname = baseUrl.pathname.replace(/\/+$/, "") + path;
    const client = baseUrl.searchParams.get("sap-client");
    url.search = new URLSearchParams({ ...query, ...(client !== null && { "sap-client": client }) }).toString();
    return this.#call(visit, { url, headers: { authorization, accept: "application/json" } });
  }

  async #call(visit: Visit, request: Omit<OutgoingRequest, "deadline" | "maxBytes">): Promise<OutgoingAnswer> {
    try {
      const maxBytes = Math.min(MAX_ANSWER, visit.bytesLeft);
      const answer = await this.deps.outgoing.call({ ...request, deadline: visit.deadline, maxBytes });
      visit.bytesLeft -= answer.body.length;
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
 * Of a next link only the query: it says where to go on, and not whom to ask. Systems behind a proxy name hosts there that
 * only they know; and a malicious one could name any.
 */
const queryOf = (link: string): Query => {
  const [, query = ""] = /\?([^#]*)/.exec(link) ?? [];
  return Object.fromEntries(new URLSearchParams(query));
};

const ensureOk = (status: number): void => {
  if (status === 401 || status === 403)
    throw sapUnauthorized("SAP refuses these credentials, or does not open its catalogue to them.");
  if (status !== 200) throw unexpected(status);
};

const unexpected = (status: number) => sapUnreachable(`SAP answered with status ${status}.`);

const endless = () => sapUnreachable("SAP's catalogue has no end.");

const parse = <Shape extends z.ZodType>(shape: Shape, body: Buffer): z.infer<Shape> => {
  try {
    return shape.parse(JSON.parse(body.toString()));
  } catch {
    // Without its cause: that quotes what was answered.
    throw sapUnreachable("SAP answered something else than was asked for.");
  }
};
