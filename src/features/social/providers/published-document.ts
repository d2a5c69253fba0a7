import type { Clock } from "#platform/clock";
import { after } from "#shared/durations";

interface Document {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * What a provider publishes of itself: read once in a while, however many want it. Whoever comes while it is being read waits
 * for the same answer; a failure is everybody's of that moment, and is not kept.
 */
export class PublishedDocument {
  #known: { readonly document: Document; readonly until: Date } | null = null;
  #reading: Promise<Document> | null = null;

  /** `lifetime` in milliseconds. */
  constructor(private readonly deps: { readonly clock: Clock; readonly lifetime: number }) {}

  /** A response of its own for each caller. */
  async get(read: () => Promise<Response>): Promise<Response> {
    if (this.#known && this.deps.clock.now() < this.#known.until) return toResponse(this.#known.document);
    this.#reading ??= this.#read(read).finally(() => {
      this.#reading = null;
    });
    return toResponse(await this.#reading);
  }

  /** The next caller reads it again: what it says may be what was wrong. */
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

/** Not a clone of one that is kept: each clone would hang on the one before it. */
const toResponse = ({ status, contentType, body }: Document): Response =>
  new Response(body, { status, headers: { "content-type": contentType } });
