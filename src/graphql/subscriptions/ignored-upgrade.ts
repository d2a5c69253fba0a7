import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Answers a request as though it had asked for no other protocol, as a server may (RFC 9110, section 7.8): Java's HttpClient
 * and others ask for HTTP/2 with every request over http://. Node hands over whatever asks for an upgrade once anybody listens,
 * and has let go of the connection by then; so it is given back, with the request once more without its wish.
 */
export const ignoreUpgrade = (server: Server, request: IncomingMessage, socket: Duplex, rest: Buffer): void => {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() !== "upgrade") lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), rest]));
  server.emit("connection", socket);
};
