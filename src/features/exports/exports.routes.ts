import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { createClient } from "#features/devices/index";
import type { SessionAuthenticator } from "#features/sessions/index";
import { corsFor } from "#platform/cors";
import type { GeoIpDatabase } from "#platform/geoip/index";
import { bearerToken, callerAddress } from "#platform/http-caller";
import { AppError } from "#shared/errors";
import type { ExportDownloads } from "./export-downloads.ts";

export const EXPORTS_PATH = "/exports";

interface ExportRoutesOptions {
  readonly exportDownloads: Pick<ExportDownloads, "open">;
  readonly authenticator: Pick<SessionAuthenticator, "authenticate">;
  readonly geoip: Pick<GeoIpDatabase, "find">;
  readonly corsOrigins: readonly string[] | undefined;
}

/**
 * Serves the files of exports to clients that send an access token in the header. Nothing in the URL grants access, and the API
 * sets no cookie that would.
 */
export const exportRoutes = async (
  app: FastifyInstance,
  { exportDownloads, authenticator, geoip, corsOrigins }: ExportRoutesOptions,
): Promise<void> => {
  const cors = corsFor(corsOrigins, {
    methods: ["GET"],
    exposedHeaders: ["content-disposition", "x-request-id", "retry-after"],
  });
  const url = `${EXPORTS_PATH}/:exportId`;
  app.addHook("onSend", async (_, reply) => {
    reply.header("cache-control", "no-store");
  });

  // No HEAD route, because a HEAD request would be recorded as a download.
  app.get<{ Params: { exportId: string } }>(
    url,
    { config: { cors }, exposeHeadRoute: false },
    async (request, reply) => {
      const accessToken = bearerToken(request.headers.authorization);
      if (accessToken === null) throw new AppError("UNAUTHENTICATED");
      const viewer = await authenticator.authenticate(accessToken);
      const client = createClient(callerAddress(request), request.headers["user-agent"] ?? "", geoip);
      const { fileName, mediaType, byteCount, parts } = await exportDownloads.open(
        viewer,
        request.params.exportId,
        client,
      );
      return reply
        .header("content-type", mediaType)
        .header("content-disposition", `attachment; filename="${fileName}"`)
        .header("content-length", byteCount)
        .send(Readable.from(parts));
    },
  );
  // Preflights of listed origins are answered by the CORS hook before they reach this route.
  app.options(url, { config: { cors } }, async (_, reply) => reply.code(204).header("allow", "GET").send());
};
