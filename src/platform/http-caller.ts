import type { FastifyRequest } from "fastify";
import { normalizeIpAddress } from "./ip-address.ts";

/** The token of an Authorization header (RFC 6750, section 2.1; the scheme is case-insensitive); null where there is none. */
export const bearerToken = (header: string | undefined): string | null =>
  /^bearer +([\w.~+/=-]+) *$/i.exec(header ?? "")?.[1] ?? null;

/**
 * Where the client is, as our proxies tell it; where they tell nothing that is an address, as the connection does. One that
 * is closed already has none: the answer will not be read.
 */
export const callerAddress = ({ ip, socket }: FastifyRequest): string =>
  normalizeIpAddress(ip ?? "") ?? normalizeIpAddress(socket.remoteAddress ?? "") ?? "0.0.0.0";
