import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { networkOf, normalizeIpAddress } from "#platform/ip-address";
import { AppError } from "#shared/errors";
import { UNLISTED_ORIGIN } from "../cors.ts";
import { bodyOf, type HttpFailure } from "../http-errors.ts";
import type { HostRule } from "../request-hosts.ts";

const PATH = "/graphql";

export interface UpgradeGuardOptions {
  readonly hostRule: HostRule;
  /** Whether pages of this origin may call. */
  readonly mayCall: (origin: string) => boolean;
  readonly trustedProxyHops: number;
  /** How many sockets may be open, in this process. */
  readonly maxSockets: number;
  /** The same per client: an IPv4 address, or an IPv6 network (/64). */
  readonly maxSocketsPerAddress: number;
}

/** Decides who may open a socket, before it is opened. */
export class UpgradeGuard {
  readonly #options: UpgradeGuardOptions;
  readonly #byNetwork = new Map<string, number>();
  #open = 0;
  #closed = false;

  constructor(options: UpgradeGuardOptions) {
    this.#options = options;
  }

  /** How many sockets are open. */
  get open(): number {
    return this.#open;
  }

  /** From now on no socket is admitted. */
  close(): void {
    this.#closed = true;
  }

  /** The client's address, as reported by trusted proxies. */
  addressOf({ headers, socket }: IncomingMessage): string {
    const forwarded = String(headers["x-forwarded-for"] ?? "")
      .split(",")
      .filter(Boolean);
    // The nearest first. Only trusted proxies are skipped, as for HTTP (`trustProxy`).
    const hops = [socket.remoteAddress ?? "", ...forwarded.toReversed()];
    const address = hops[Math.min(this.#options.trustedProxyHops, hops.length - 1)] ?? "";
    return normalizeIpAddress(address) ?? normalizeIpAddress(socket.remoteAddress ?? "") ?? "0.0.0.0";
  }

  /** Why this request may not open a socket; null if it may. */
  rejectReason(request: IncomingMessage): HttpFailure | null {
    const foreignHost = this.#options.hostRule(request);
    if (foreignHost) return foreignHost;
    if (request.url?.split("?")[0] !== PATH) return { status: 404, code: "NOT_FOUND", message: "Not found." };
    if (request.method !== "GET") return { status: 400, code: "BAD_REQUEST", message: "Open a socket with GET." };
    // Browsers always send Origin, and no page can forge it. Without this check any page could open a socket, because CORS does
    // not apply here.
    const { origin } = request.headers;
    if (origin !== undefined && !this.#options.mayCall(origin))
      return { status: 403, code: "FORBIDDEN", message: UNLISTED_ORIGIN };
    if (this.#closed || this.#open >= this.#options.maxSockets) {
      const { message } = new AppError("SERVICE_UNAVAILABLE");
      return { status: 503, code: "SERVICE_UNAVAILABLE", message };
    }
    const ofNetwork = this.#byNetwork.get(networkOf(this.addressOf(request))) ?? 0;
    if (ofNetwork >= this.#options.maxSocketsPerAddress)
      return { status: 429, code: "RATE_LIMITED", message: "Too many sockets are open from this address." };
    return null;
  }

  /**
   * Counts a socket of this address.
   *
   * @returns a function to call when the socket is closed
   */
  acquire(address: string): () => void {
    const network = networkOf(address);
    this.#open += 1;
    this.#byNetwork.set(network, (this.#byNetwork.get(network) ?? 0) + 1);
    return () => {
      this.#open -= 1;
      const left = (this.#byNetwork.get(network) ?? 1) - 1;
      if (left > 0) this.#byNetwork.set(network, left);
      else this.#byNetwork.delete(network);
    };
  }
}

/** Responds to a request that may not open a socket, in GraphQL's format. */
export const reject = (socket: Duplex, failure: HttpFailure): void => {
  const { status } = failure;
  const body = JSON.stringify(bodyOf(failure));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "connection: close",
    "cache-control: no-store",
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    ...(status === 429 || status === 503 ? ["retry-after: 1"] : []),
  ];
  // No timeout applies to this connection: a client that never hangs up would keep it open forever.
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
};
