import { connect } from "node:net";
import { beforeAll, expect, it } from "vitest";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

// Java's HttpClient asks for HTTP/2 with each request over http:// (RFC 7540, section 3.2), and so do curl and Spring.
const H2C = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"];

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

/** Everything the server sends until it closes the connection. */
const exchange = async (...parts: readonly string[]): Promise<string> => {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(app.url).port), noDelay: true });
  for (const part of parts) {
    socket.write(part);
    await new Promise(setImmediate);
  }
  return Buffer.concat(await socket.toArray()).toString();
};

const head = (start: string, ...lines: readonly string[]): string =>
  [start, "Host: localhost", ...lines, "", ""].join("\r\n");

it("a client that offers an upgrade to HTTP/2 is answered in HTTP/1.1", async () => {
  const answer = await exchange(head("GET /livez HTTP/1.1", ...H2C), head("GET /livez HTTP/1.1", "Connection: close"));
  expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  expect(answer).not.toContain("101");
});

it("also if its request has a body, part of which arrives later", async () => {
  const body = JSON.stringify({ query: "{ __typename }" });
  const length = `Content-Length: ${body.length}`;
  const post = head("POST /graphql HTTP/1.1", ...H2C, "Content-Type: application/json", length);
  const answer = await exchange(
    post + body.slice(0, 5),
    body.slice(5),
    head("GET /livez HTTP/1.1", "Connection: close"),
  );
  expect(answer).toContain('{"data":{"__typename":"Query"}}');
  expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
});

it("and the limits on requests apply to it", async () => {
  const large = head("POST /graphql HTTP/1.1", ...H2C, "Content-Type: application/json", "Content-Length: 9999999");
  expect(await exchange(`${large}{}`)).toMatch(/^HTTP\/1\.1 413 /);
});
