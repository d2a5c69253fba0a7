import { lookup as systemLookup } from "node:dns/promises";
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import { isIP, type LookupFunction, type TcpNetConnectOpts } from "node:net";
import type { NetworkSet } from "../geoip/network-set.ts";
import { HttpClientError } from "./http-client-error.ts";
import { isPublicAddress, unwrapNat64 } from "./ssrf-filter.ts";

/** An address as returned by a resolver. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds all addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** Uses the system's resolver. Node never lets it use more than half of the threads that also hash passwords. */
const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true });

export interface HttpRequest {
  readonly url: URL;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Aborts the call at any stage. Several calls with a common time limit share one signal. */
  readonly deadline: AbortSignal;
  /** The largest body to read. */
  readonly maxBytes?: number;
}

export interface HttpResponse {
  /** Redirects are returned like any response, and never followed. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const KIB = 1_024;
const MAX_BODY = 1_024 * KIB;
const MAX_HEADERS = 16 * KIB;

/** How long to wait for one address of a name before the next is tried as well. */
const NEXT_ADDRESS_AFTER_MS = 1_000;

/** Errors of Node's parser for headers or chunk extensions that are too large. */
const OVERFLOWS: ReadonlySet<unknown> = new Set(["HPE_HEADER_OVERFLOW", "HPE_CHUNK_EXTENSIONS_OVERFLOW"]);

/**
 * The only HTTP client for addresses given by users: a tenant's SAP, an identity provider. Such an address must not lead to
 * internal systems (server-side request forgery). So names are resolved here, every resulting address is checked, and the
 * connection uses only the checked addresses. A second, different DNS response therefore has no effect (DNS rebinding). Any port of
 * a public host is allowed, because SAP systems use ports of their choice. It does not follow redirects, does not use proxies from
 * the environment, and closes each connection after its call.
 */
export class SafeHttpClient {
  readonly #privateNetworks: NetworkSet | null;
  readonly #resolve: Resolve;

  /** `privateNetworks` are the internal networks that the operator allows users' addresses to lead to. */
  constructor({
    privateNetworks,
    resolve = resolveBySystem,
  }: {
    readonly privateNetworks: NetworkSet | null;
    readonly resolve?: Resolve;
  }) {
    this.#privateNetworks = privateNetworks;
    this.#resolve = resolve;
  }

  /**
   * Makes one call.
   *
   * @throws {HttpClientError} and nothing else, whatever the remote side does
   */
  async request({ url, deadline, maxBytes = MAX_BODY, ...request }: HttpRequest): Promise<HttpResponse> {
    try {
      const addresses = await this.#checkedAddresses(url, deadline);
      const response = await send(url, addresses, deadline, request);
      const body = await read(response, maxBytes);
      return { status: response.statusCode ?? 0, headers: response.headers, body };
    } catch (error) {
      throw failureOf(error, deadline);
    }
  }

  /** All addresses of the URL's host, each of them checked. */
  async #checkedAddresses(url: URL, deadline: AbortSignal): Promise<readonly ResolvedAddress[]> {
    const isWeb = url.protocol === "http:" || url.protocol === "https:";
    if (!isWeb || url.username !== "" || url.password !== "" || url.port === "0")
      throw new HttpClientError("ADDRESS_REFUSED");
    const host = hostOf(url);
    const family = isIP(host);
    const addresses = family > 0 ? [{ address: host, family }] : await until(deadline, this.#resolve(host));
    if (addresses.length === 0) throw new HttpClientError("UNREACHABLE");
    // All of them: if a name has a public and a private address, the connection might use the private one.
    if (!addresses.every(({ address }) => this.#isAllowed(address)))
      throw new HttpClientError(family > 0 ? "ADDRESS_REFUSED" : "NAME_REFUSED");
    return addresses;
  }

  #isAllowed(address: string): boolean {
    return isPublicAddress(address) || (this.#privateNetworks?.has(unwrapNat64(address)) ?? false);
  }
}

/** The host of the URL. `URL` has normalized it: IPv4 in decimal, octal or hexadecimal is dotted, and Unicode is Punycode. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1");

/** Settles with the work or the deadline, whichever is first. */
const until = <T>(deadline: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = () => reject(new HttpClientError("TIMED_OUT"));
    if (deadline.aborted) stop();
    deadline.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => deadline.removeEventListener("abort", stop));
  });

/** Makes Node's sockets use the checked addresses, regardless of the name they look up. */
const fixedLookup =
  (addresses: readonly ResolvedAddress[]): LookupFunction =>
  (_hostname, { all }, callback) => {
    const [first] = addresses;
    if (all) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };

const send = (
  url: URL,
  addresses: readonly ResolvedAddress[],
  deadline: AbortSignal,
  { method = "GET", headers, body }: Pick<HttpRequest, "method" | "headers" | "body">,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const options: RequestOptions & Pick<TcpNetConnectOpts, "autoSelectFamily" | "autoSelectFamilyAttemptTimeout"> = {
      method,
      headers: {
        ...headers,
        // An uncompressed body cannot expand.
        "accept-encoding": "identity",
        ...(body !== undefined && { "content-length": Buffer.byteLength(body) }),
      },
      lookup: fixedLookup(addresses),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
      agent: false,
      maxHeaderSize: MAX_HEADERS,
      // Even if the environment says otherwise (NODE_TLS_REJECT_UNAUTHORIZED).
      rejectUnauthorized: true,
      signal: deadline,
    };
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, options);
    request.on("response", resolve);
    request.on("error", reject);
    // Closed without a response, as Node does if the server switches protocols (101).
    request.on("close", () => reject(new HttpClientError("UNREACHABLE")));
    request.end(body);
  });

/** Reads a body up to the limit; if it is longer, the connection is closed. */
const read = async (response: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  try {
    const encoding = response.headers["content-encoding"] ?? "identity";
    if (encoding.toLowerCase() !== "identity") throw new HttpClientError("UNREACHABLE");
    if (Number(response.headers["content-length"]) > maxBytes) throw new HttpClientError("TOO_LARGE");
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new HttpClientError("TOO_LARGE");
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    response.destroy();
  }
};

const failureOf = (error: unknown, deadline: AbortSignal): HttpClientError => {
  if (error instanceof HttpClientError) return error;
  if (deadline.aborted) return new HttpClientError("TIMED_OUT", { cause: error });
  const { code } = error as NodeJS.ErrnoException;
  return new HttpClientError(OVERFLOWS.has(code) ? "TOO_LARGE" : "UNREACHABLE", { cause: error });
};
