import { lookup as systemLookup } from "node:dns/promises";
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import { isIP, type LookupFunction, type TcpNetConnectOpts } from "node:net";
import type { NetworkSet } from "../places/network-set.ts";
import { OutgoingError } from "./outgoing-error.ts";
import { behindNat64, isPublicAddress } from "./public-addresses.ts";

/** An address as a resolver names it. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds all addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** As this machine resolves names; Node never gives it more than half of the threads that hash passwords, too. */
const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true });

export interface OutgoingRequest {
  readonly url: URL;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** When it is over, whatever is under way: of several calls that together may take so long, the same one. */
  readonly deadline: AbortSignal;
  /** The largest body that is read. */
  readonly maxBytes?: number;
}

export interface OutgoingAnswer {
  /** A redirect is an answer like another: nobody follows it. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const KIB = 1_024;
const MAX_BODY = 1_024 * KIB;
const MAX_HEADERS = 16 * KIB;

/** Milliseconds until the next address of a name is tried, while the first goes on being silent. */
const NEXT_ADDRESS_AFTER = 1_000;

/** What Node's parser says where a head or a chunk has no end. */
const OVERFLOWS: ReadonlySet<unknown> = new Set(["HPE_HEADER_OVERFLOW", "HPE_CHUNK_EXTENSIONS_OVERFLOW"]);

/**
 * The one way out to addresses that users give: a tenant's SAP, an identity provider. Such an address must not lead inside
 * (server-side request forgery), so names are resolved here, every address that comes of it is checked, and the connection
 * goes to the addresses that were checked: who answers otherwise when asked again gains nothing (DNS rebinding). Any port of
 * a public host is allowed, for SAP systems have their own. No redirects, no proxies from the environment, no connection
 * that outlives its call.
 */
export class OutgoingClient {
  readonly #privateNetworks: NetworkSet | null;
  readonly #resolve: Resolve;

  /** `privateNetworks` are those inside to which the operator lets users' addresses lead. */
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

  /** Makes one call. Throws OutgoingError, and nothing else for whatever the other side does. */
  async call({ url, deadline, maxBytes = MAX_BODY, ...request }: OutgoingRequest): Promise<OutgoingAnswer> {
    try {
      const addresses = await this.#checkedAddresses(url, deadline);
      const response = await send(url, addresses, deadline, request);
      const body = await read(response, maxBytes);
      return { status: response.statusCode ?? 0, headers: response.headers, body };
    } catch (error) {
      throw failureOf(error, deadline);
    }
  }

  /** All addresses of the URL's host, each of them allowed. */
  async #checkedAddresses(url: URL, deadline: AbortSignal): Promise<readonly ResolvedAddress[]> {
    const isWeb = url.protocol === "http:" || url.protocol === "https:";
    if (!isWeb || url.username !== "" || url.password !== "" || url.port === "0")
      throw new OutgoingError("ADDRESS_REFUSED");
    const host = hostOf(url);
    const family = isIP(host);
    const addresses = family > 0 ? [{ address: host, family }] : await until(deadline, this.#resolve(host));
    if (addresses.length === 0) throw new OutgoingError("UNREACHABLE");
    // All of them: of a name that has a public and a private address the private one might be taken.
    if (!addresses.every(({ address }) => this.#isAllowed(address)))
      throw new OutgoingError(family > 0 ? "ADDRESS_REFUSED" : "NAME_REFUSED");
    return addresses;
  }

  #isAllowed(address: string): boolean {
    return isPublicAddress(address) || (this.#privateNetworks?.has(behindNat64(address)) ?? false);
  }
}

/** URL has normalised it: decimal, octal and hexadecimal spellings of an IPv4 address are dotted, Unicode is Punycode. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1");

/** What comes first: the work's end or the deadline's. */
const until = <T>(deadline: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = () => reject(new OutgoingError("TIMED_OUT"));
    if (deadline.aborted) stop();
    deadline.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => deadline.removeEventListener("abort", stop));
  });

/** Tells Node's sockets the addresses that were checked, whatever it wants to look up. */
const fixedLookup =
  (addresses: readonly ResolvedAddress[]): LookupFunction =>
  (_hostname, { all }, tell) => {
    const [first] = addresses;
    if (all) tell(null, [...addresses]);
    else tell(null, first?.address ?? "", first?.family);
  };

const send = (
  url: URL,
  addresses: readonly ResolvedAddress[],
  deadline: AbortSignal,
  { method = "GET", headers, body }: Pick<OutgoingRequest, "method" | "headers" | "body">,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const options: RequestOptions & Pick<TcpNetConnectOpts, "autoSelectFamily" | "autoSelectFamilyAttemptTimeout"> = {
      method,
      headers: {
        ...headers,
        // What is not packed cannot grow.
        "accept-encoding": "identity",
        ...(body !== undefined && { "content-length": Buffer.byteLength(body) }),
      },
      lookup: fixedLookup(addresses),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER,
      agent: false,
      maxHeaderSize: MAX_HEADERS,
      // Also where the environment says otherwise (NODE_TLS_REJECT_UNAUTHORIZED).
      rejectUnauthorized: true,
      signal: deadline,
    };
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, options);
    request.on("response", resolve);
    request.on("error", reject);
    // Closed without a word, as Node does with whoever changes the protocol (101).
    request.on("close", () => reject(new OutgoingError("UNREACHABLE")));
    request.end(body);
  });

/** Reads a body as far as the limit; what is longer is cut off, and so is its connection. */
const read = async (response: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  try {
    const encoding = response.headers["content-encoding"] ?? "identity";
    if (encoding.toLowerCase() !== "identity") throw new OutgoingError("UNREACHABLE");
    if (Number(response.headers["content-length"]) > maxBytes) throw new OutgoingError("TOO_LARGE");
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new OutgoingError("TOO_LARGE");
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    response.destroy();
  }
};

const failureOf = (error: unknown, deadline: AbortSignal): OutgoingError => {
  if (error instanceof OutgoingError) return error;
  if (deadline.aborted) return new OutgoingError("TIMED_OUT", { cause: error });
  const { code } = error as NodeJS.ErrnoException;
  return new OutgoingError(OVERFLOWS.has(code) ? "TOO_LARGE" : "UNREACHABLE", { cause: error });
};
