import type { IncomingMessage } from "node:http";
import { isLoopback } from "#shared/loopback";
import type { HttpFailure } from "./http-errors.ts";

export interface HostRuleOptions {
  readonly production: boolean;
  readonly publicUrl: string;
}

/** Returns the refusal of a request whose Host header is not acceptable, or null. */
export type HostRule = (request: Pick<IncomingMessage, "headers" | "headersDistinct" | "url">) => HttpFailure | null;

const TWO_HOSTS: HttpFailure = { status: 400, code: "BAD_REQUEST", message: "Send exactly one Host header." };

const FOREIGN_HOST: HttpFailure = {
  status: 403,
  code: "FORBIDDEN",
  message:
    "A development server answers only for localhost, loopback addresses and the host of PUBLIC_URL. " +
    "Set PUBLIC_URL to the address that you use.",
};

/**
 * Which Host headers are accepted. More than one is refused everywhere (RFC 9112, section 3.2). In development, only the names of
 * this computer and the host of PUBLIC_URL are accepted. Otherwise, with DNS rebinding, a page of another site could reach a
 * loopback address under its own name, and the browser would treat the responses as same-origin. In production the proxy decides.
 */
export const hostRule = ({ production, publicUrl }: HostRuleOptions): HostRule => {
  const publicHost = new URL(publicUrl).hostname;
  const isOurs = (host: string): boolean => {
    const name = hostNameOf(host);
    return name !== null && (isLoopback(name) || name === publicHost);
  };
  return ({ headers, headersDistinct, url }) => {
    if ((headersDistinct.host?.length ?? 0) > 1) return TWO_HOSTS;
    // An absolute address repeats the host and takes precedence over the header (RFC 9112, section 3.2.2).
    const [, host = headers.host ?? ""] = /^https?:\/\/([^/?#]*)/i.exec(url ?? "") ?? [];
    return production || (isOurs(host) && isOurs(headers.host ?? "")) ? null : FOREIGN_HOST;
  };
};

/** The host without its port, in lower case; null for text that is not a host. */
export const hostNameOf = (host: string): string | null => {
  const [, name] = /^([\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.exec(host) ?? [];
  return name === undefined ? null : name.toLowerCase().replace(/(?<=\w)\.$/, "");
};
