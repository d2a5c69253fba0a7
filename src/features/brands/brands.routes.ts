import type { FastifyInstance } from "fastify";
import { AppError } from "#shared/errors";
import type { BrandsService } from "./brands.service.ts";

/** The path of a logo. The digest of its content is a part, so a changed logo has another path. */
export const logoPath = (tenantId: string, logoHash: string): string => `/brand/${tenantId}/${logoHash}`;

/** Serves the logos of tenants. They are public, and stored in caches for ever. */
export const brandRoutes = async (
  app: FastifyInstance,
  { brands }: { readonly brands: Pick<BrandsService, "logo"> },
): Promise<void> => {
  app.get<{ Params: { tenantId: string; logoHash: string } }>(
    logoPath(":tenantId", ":logoHash"),
    async (request, reply) => {
      const { tenantId, logoHash } = request.params;
      const logo = await brands.logo(tenantId, logoHash);
      if (logo === null) throw new AppError("NOT_FOUND");
      return (
        reply
          .header("content-type", logo.type)
          .header("cache-control", "public, max-age=31536000, immutable")
          // An admin uploaded it: opened as a page, it must run nothing in this origin.
          .header("content-security-policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
          // Frontends on other sites show it, too.
          .header("cross-origin-resource-policy", "cross-origin")
          .send(logo.bytes)
      );
    },
  );
};
