import { createAuth } from "../client/index.ts";

/** The login of this browser. The refresh token is in a cookie that no script can read. */
export const auth = createAuth({ url: new URL("/graphql", location.href).href, transport: "COOKIE" });
