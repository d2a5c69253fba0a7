/** How the refresh token reaches the client: in the response body, or in a cookie. */
export const TOKEN_TRANSPORTS = ["BODY", "COOKIE"] as const;
export type TokenTransport = (typeof TOKEN_TRANSPORTS)[number];
