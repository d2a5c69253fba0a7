import type { FastifyRequest } from "fastify";
import { normalizeIpAddress } from "./ip-address.ts";

/** The token of an Authorization header (RFC 6750, section 2.1; the scheme is case-insensitive); otherwise null. */
export const bearerToken = (header: string | undefined): string | null =>
  /^bearer +([\w.~+/=-]+) *$/i.exec(header ?? "")?.[1] ?? null;

/**
 * The client's address as reported by the trusted proxies, otherwise that of the connection. A connection that has already closed
 * has no address; its response will not be read.
 */
export const callerAddress = ({ ip, socket }: FastifyRequest): string =>
  normalizeIpAddress(ip ?? "") ?? normalizeIpAddress(socket.remoteAddress ?? "") ?? "0.0.0.0";
