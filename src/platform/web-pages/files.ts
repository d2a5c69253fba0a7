import type { FastifyStaticOptions } from "@fastify/static";

const IMMUTABLE = "public, max-age=31536000, immutable";

/** How the files of the built pages are served, compressed at build time if the client accepts that. */
export const webFilesIn = (folder: string): FastifyStaticOptions => ({
  root: folder,
  prefix: "/web/",
  decorateReply: false,
  index: false,
  dotfiles: "ignore",
  preCompressed: true,
  cacheControl: false,
  // Not the template of the shell, and not the catalogues, which lack the operator's texts.
  allowedPath: (path) => !/^\/(index\.html|locales\/)/.test(path),
  setHeaders: (reply, path) => {
    // The names in this folder contain hashes of the contents.
    reply.setHeader("cache-control", path.startsWith(`${folder}/assets/`) ? IMMUTABLE : "no-cache");
    reply.setHeader("cross-origin-resource-policy", "same-origin");
    // The same address has several encodings, which a shared cache must not mix up.
    reply.setHeader("vary", "accept-encoding");
  },
});
