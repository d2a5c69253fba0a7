import { createServer } from "node:http";
import { type Caller, createTokenCheck } from "./access-token.ts";

const { PORTCULLIS_URL = "http://localhost:4000", PORT = "4100" } = process.env;
const tokens = createTokenCheck(PORTCULLIS_URL);

interface Route {
  /** Declared in Portcullis' setting PERMISSIONS. */
  readonly permission: string;
  /** Whether the action cannot be undone, so that a session that has just ended must not start it. */
  readonly isFinal?: boolean;
  readonly handle: (caller: Caller) => object;
}

const ROUTES: Readonly<Record<string, Route>> = {
  "GET /orders": {
    permission: "orders:read",
    handle: ({ tenantId }) => ({ tenantId, orders: [] }),
  },
  "POST /refunds": {
    permission: "orders:refund",
    isFinal: true,
    handle: ({ tenantId, userId }) => ({ tenantId, refundedBy: userId }),
  },
};

const UNAUTHENTICATED = { status: 401, body: { error: "The access token is missing or not valid." } };

const respond = async (route: Route | undefined, authorization = "") => {
  if (!route) return { status: 404, body: { error: "Not found." } };
  const [, token] = /^Bearer (\S+)$/i.exec(authorization) ?? [];
  // Offline first, so that malformed and forged tokens cause no request to Portcullis.
  const caller = token ? await tokens.verify(token) : null;
  if (!token || !caller) return UNAUTHENTICATED;
  if (!caller.permissions.has(route.permission))
    return { status: 403, body: { error: `Missing permission ${route.permission}.` } };
  if (route.isFinal && !(await tokens.isActive(token))) return UNAUTHENTICATED;
  return { status: 200, body: route.handle(caller) };
};

const server = createServer(async ({ method, url, headers }, response) => {
  const { status, body } = await respond(ROUTES[`${method} ${url}`], headers.authorization).catch((error: unknown) => {
    // Portcullis is unavailable. With 401 clients would refresh or log the user out.
    console.error(error);
    return { status: 503, body: { error: "Try again later." } };
  });
  response.writeHead(status, {
    "content-type": "application/json",
    ...(status === 401 && { "www-authenticate": "Bearer" }),
  });
  response.end(JSON.stringify(body));
});

server.listen(Number(PORT), () => {
  const address = server.address();
  console.log(`Listening at http://localhost:${typeof address === "object" ? address?.port : PORT}`);
});
