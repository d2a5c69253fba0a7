import type { FastifyInstance } from "fastify";

/** Password managers send users here (https://w3c.github.io/webappsec-change-password-url/). */
export const changePasswordRoutes = async (
  app: FastifyInstance,
  { changePasswordUrl }: { readonly changePasswordUrl: string | undefined },
): Promise<void> => {
  if (changePasswordUrl === undefined) return;
  app.get("/.well-known/change-password", async (_, reply) =>
    reply.header("cache-control", "no-store").redirect(changePasswordUrl, 302),
  );
};
