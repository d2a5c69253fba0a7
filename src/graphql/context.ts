import type { FastifyReply, FastifyRequest } from "fastify";
import { createClient } from "#features/devices/index";
import type { SessionAuthenticator } from "#features/sessions/index";
import type { GeoIpDatabase } from "#platform/geoip/index";
import { bearerToken, callerAddress } from "#platform/http-caller";
import { type CookieName, type Cookies, Loaders, type RequestContext } from "#platform/schema/context";
import { AppError } from "#shared/errors";
import type { Viewer } from "#shared/viewer";

/** `__Host-` cookies are bound to this host, to HTTPS (browsers treat localhost as secure) and to the path / (RFC 6265bis). */
const COOKIE_NAMES: Readonly<Record<CookieName, string>> = {
  refresh: "__Host-portcullis_refresh",
  device: "__Host-portcullis_device",
  social: "__Host-portcullis_social",
  registration: "__Host-portcullis_registration",
};

const COOKIE_ATTRIBUTES = { path: "/", secure: true, httpOnly: true, sameSite: "strict" } as const;

export interface ContextSources {
  readonly authenticator: Pick<SessionAuthenticator, "authenticate">;
  readonly geoip: Pick<GeoIpDatabase, "find">;
}

/** Creates the context of a request over HTTP. */
export const createContext =
  ({ authenticator, geoip }: ContextSources) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<RequestContext> =>
    contextOf(
      {
        requestId: request.id,
        client: createClient(callerAddress(request), request.headers["user-agent"] ?? "", geoip),
        cookies: cookiesOf(request, reply),
        accessToken: bearerToken(request.headers.authorization),
      },
      authenticator,
    );

/** The context of any caller. Nothing is looked up yet: an operation with only public fields never authenticates its caller. */
export const contextOf = (
  call: Pick<RequestContext, "requestId" | "client" | "cookies" | "accessToken">,
  authenticator: ContextSources["authenticator"],
): RequestContext => {
  const { accessToken } = call;
  let viewer: Promise<Viewer> | null = null;
  return {
    ...call,
    loaders: new Loaders(),
    authenticate({ again } = { again: false }) {
      if (accessToken === null) throw new AppError("UNAUTHENTICATED");
      if (again || viewer === null) viewer = authenticator.authenticate(accessToken);
      return viewer;
    },
  };
};

const cookiesOf = (request: FastifyRequest, reply: FastifyReply): Cookies => ({
  get: (name) => request.cookies[COOKIE_NAMES[name]] ?? null,
  set: (name, value, expires) => void reply.setCookie(COOKIE_NAMES[name], value, { ...COOKIE_ATTRIBUTES, expires }),
  clear: (name) => void reply.clearCookie(COOKIE_NAMES[name], COOKIE_ATTRIBUTES),
});
