import { createLruCache } from "#platform/lru-cache";
import type { KeyRing } from "#platform/secrets";
import { bytesOfUuid, type SessionId, uuidOfBytes } from "#shared/ids";

/** A parsed refresh token: its session, its generation, and the server's MAC. */
export interface RefreshToken {
  readonly sessionId: SessionId;
  readonly generation: number;
  readonly mac: Buffer;
}

interface TokenFamily {
  readonly id: SessionId;
  readonly refreshNonce: Buffer;
}

/** Sessions whose nonce is remembered: some megabytes. */
const REMEMBERED = 50_000;

/** A prefix by which secret scanners recognize the tokens. */
const PREFIX = "pcr_";
/** 52 bytes. The last character carries two bits and its other bits must be zero, so that a token has exactly one encoding. */
const FORM = /^pcr_[\w-]{69}[AQgw]$/;

/**
 * Refresh tokens: session id (16 bytes), generation (4) and a MAC (32) over both and the session's nonce. None is stored, not even
 * as a hash. The row's generation defines the current one, the MAC proves that it is genuine, and the current one can be derived
 * again for a client that lost it. A stolen database cannot forge one without the key ring, nor a stolen key without the row.
 */
export class RefreshTokens {
  /** The nonces of recently used sessions, as base64. A session's nonce never changes. */
  readonly #nonces = createLruCache<SessionId, string>(REMEMBERED);

  constructor(private readonly deps: { keyRing: KeyRing }) {}

  encode(session: TokenFamily, generation: number): string {
    // As text: the small buffer would keep the whole slab that it was cut from.
    this.#nonces.set(session.id, session.refreshNonce.toString("base64"));
    const head = headOf(session.id, generation);
    const mac = this.deps.keyRing.sign("refresh-token", Buffer.concat([head, session.refreshNonce]));
    return PREFIX + Buffer.concat([head, mac]).toString("base64url");
  }

  /** Whether the token is certainly genuine. False if this process does not remember its session: its row decides. */
  isKnownToBeGenuine(token: RefreshToken): boolean {
    const nonce = this.#nonces.get(token.sessionId);
    if (nonce === undefined) return false;
    return this.isGenuine(token, { id: token.sessionId, refreshNonce: Buffer.from(nonce, "base64") });
  }

  isGenuine({ generation, mac }: RefreshToken, session: TokenFamily): boolean {
    const message = Buffer.concat([headOf(session.id, generation), session.refreshNonce]);
    return this.deps.keyRing.verify("refresh-token", message, mac);
  }
}

/** Parses a presented token. @returns null if it is malformed */
export const parseRefreshToken = (presented: string): RefreshToken | null => {
  if (!FORM.test(presented)) return null;
  const bytes = Buffer.from(presented.slice(PREFIX.length), "base64url");
  const sessionId = uuidOfBytes(bytes.subarray(0, 16)) as SessionId;
  return { sessionId, generation: bytes.readUInt32BE(16), mac: bytes.subarray(20) };
};

const headOf = (id: SessionId, generation: number): Buffer => {
  const head = Buffer.alloc(20);
  bytesOfUuid(id).copy(head);
  head.writeUInt32BE(generation, 16);
  return head;
};
