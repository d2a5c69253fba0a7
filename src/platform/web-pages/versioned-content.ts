import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { negotiate } from "@fastify/accept-negotiator";
import type { FastifyReply, FastifyRequest } from "fastify";

const COMPRESSORS = { br: promisify(brotliCompress), gzip: promisify(gzip) };

type Encoding = keyof typeof COMPRESSORS;
const ENCODINGS: Encoding[] = ["br", "gzip"];

const IMMUTABLE = "public, max-age=31536000, immutable";
/** For requests without the current version: the browser asks each time whether the content has changed. */
const REVALIDATED = "no-cache";

/** Content in memory that browsers request with its version, `?v=`, and then cache for ever. */
export class VersionedContent {
  /** Compressed once, when it is first requested. */
  private readonly compressed: Partial<Record<Encoding, Promise<Buffer>>> = {};

  constructor(
    private readonly content: string | Buffer,
    private readonly type: string,
    readonly version: string,
  ) {}

  /** Sends it, or 304 if the client already has it (RFC 9110, section 13.1.2). */
  async send({ headers, query }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const isCurrent = (query as { readonly v?: unknown }).v === this.version;
    // Weak, because all encodings of the content share it.
    const etag = `W/"${this.version}"`;
    reply.headers({
      etag,
      vary: "accept-encoding",
      "cache-control": isCurrent ? IMMUTABLE : REVALIDATED,
      "cross-origin-resource-policy": "same-origin",
    });
    if (isListed(etag, headers["if-none-match"])) return reply.code(304).send();
    reply.type(this.type);
    const encoding = this.encodingFor(headers["accept-encoding"]);
    if (encoding === null) return reply.send(this.content);
    return reply.header("content-encoding", encoding).send(await this.compress(encoding));
  }

  private encodingFor(accepted: string | undefined): Encoding | null {
    const isCompressible = !/^image\/(png|webp)$/.test(this.type);
    return isCompressible && accepted !== undefined ? negotiate(accepted, ENCODINGS) : null;
  }

  private compress(encoding: Encoding): Promise<Buffer> {
    this.compressed[encoding] ??= COMPRESSORS[encoding](this.content);
    return this.compressed[encoding];
  }
}

/** Weak comparison (RFC 9110, section 8.8.3.2). */
const isListed = (etag: string, ifNoneMatch = ""): boolean =>
  ifNoneMatch.split(",").some((tag) => ["*", weak(etag)].includes(weak(tag.trim())));

const weak = (tag: string): string => tag.replace(/^W\//, "");
