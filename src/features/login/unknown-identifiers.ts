import type { KeyRing } from "../../platform/secrets.ts";

const PREFIX = "unknown:";

/**
 * What is kept of an identifier that matches no user: people type their password into that field by mistake. The digest is
 * keyed, so that a copy of the database does not allow guessing what was typed; equal texts keep equal digests.
 */
export class UnknownIdentifiers {
  readonly #keys: Pick<KeyRing, "sign">;

  constructor({ keys }: { keys: Pick<KeyRing, "sign"> }) {
    this.#keys = keys;
  }

  /** The digest of a canonical identifier. It cannot be mistaken for an address or a username: they contain no colon. */
  digest(identifier: string): string {
    return `${PREFIX}${this.#keys.sign("unknown-identifier", Buffer.from(identifier)).toString("base64url").slice(0, 22)}`;
  }
}

/** Whether a stored identifier is only a digest. */
export const isDigest = (identifier: string): boolean => identifier.startsWith(PREFIX);
