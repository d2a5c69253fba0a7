import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Handles a request as if it had not requested another protocol, as a server may (RFC 9110, section 7.8). Java's HttpClient and
 * others request HTTP/2 with every request over http://. Once there is an `upgrade` listener, Node passes every upgrade request
 * to it and stops handling the connection. The connection is therefore returned to the server, with the request repeated without
 * the upgrade header.
 */
export const ignoreUpgrade = (server: Server, request: IncomingMessage, socket: Duplex, rest: Buffer): void => {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() !== "upgrade") lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), rest]));
  server.emit("connection", socket);
};
