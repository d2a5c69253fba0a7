import { type SessionCookie, serializeCookie } from "./cookies.ts";

/** The same response with these cookies, which no cache may store. */
export const withCookies = (response: Response, cookies: readonly SessionCookie[]): Response => {
  if (cookies.length === 0) return response;
  // The headers of a response of `fetch` or `Response.redirect` cannot be changed.
  const changed = new Response(response.body, response);
  for (const cookie of cookies) changed.headers.append("set-cookie", serializeCookie(cookie));
  changed.headers.set("cache-control", "private, no-store");
  return changed;
};

/** Repeats the request, with its method and body (RFC 9110, section 15.4.8). */
export const redirectToItself = (request: Pick<Request, "url">): Response => {
  const { origin, pathname, search } = new URL(request.url);
  // `//other.example` would lead to another host.
  const path = pathname.replace(/^\/+/, "/") + search;
  // Relative, because the server may not know its public origin. Next.js requires an absolute address and makes it relative.
  const location = "nextUrl" in request ? origin + path : path;
  return new Response(null, { status: 307, headers: { location } });
};

/** A failed GraphQL request. */
export const refusal = (status: number, code: string, message: string): Response =>
  Response.json({ errors: [{ message, extensions: { code, status } }] }, { status });
