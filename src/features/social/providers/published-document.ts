import type { Clock } from "#platform/clock";
import { after } from "#shared/durations";

interface Document {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * A document published by a provider, cached for its lifetime. Concurrent callers share one read and its result. A failure is
 * returned to all of them, but not cached.
 */
export class PublishedDocument {
  #known: { readonly document: Document; readonly until: Date } | null = null;
  #reading: Promise<Document> | null = null;

  /** `lifetime` in milliseconds. */
  constructor(private readonly deps: { readonly clock: Clock; readonly lifetime: number }) {}

  /** Returns a separate response to each caller. */
  async get(read: () => Promise<Response>): Promise<Response> {
    if (this.#known && this.deps.clock.now() < this.#known.until) return toResponse(this.#known.document);
    this.#reading ??= this.#read(read).finally(() => {
      this.#reading = null;
    });
    return toResponse(await this.#reading);
  }

  /** Invalidates the cache, because the document may have caused a failure. */
  forget(): void {
    this.#known = null;
  }

  async #read(read: () => Promise<Response>): Promise<Document> {
    const response = await read();
    const contentType = response.headers.get("content-type") ?? "";
    const document = { status: response.status, contentType, body: await response.text() };
    this.#known = response.ok ? { document, until: after(this.deps.clock.now(), this.deps.lifetime) } : null;
    return document;
  }
}

/** Not a clone of a cached response, because each clone would retain the one before it. */
const toResponse = ({ status, contentType, body }: Document): Response =>
  new Response(body, { status, headers: { "content-type": contentType } });
