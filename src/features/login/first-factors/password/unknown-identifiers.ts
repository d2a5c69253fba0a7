import type { Db } from "#platform/database/database";
import type { KeyRing } from "#platform/secrets";
import {
  listUndigestedAttempts,
  type UnknownAttempt,
  updateIdentifiers,
} from "../../attempts/login-attempts.repository.ts";

const PREFIX = "unknown:";

/** The number of attempts digested per statement: it locks only their rows, and only briefly. */
const BATCH = 500;

/**
 * Digests identifiers that match no user, because users enter their password in that field by mistake. The digest is keyed, so a copy
 * of the database does not allow guessing the text. Equal texts have equal digests.
 */
export class UnknownIdentifiers {
  constructor(private readonly deps: { keyRing: Pick<KeyRing, "sign"> }) {}

  /** The digest of a canonical identifier. It cannot be an address or a username, which contain no colon. */
  digest(identifier: string): string {
    return `${PREFIX}${this.deps.keyRing.sign("unknown-identifier", Buffer.from(identifier)).toString("base64url").slice(0, 22)}`;
  }

  /** Digests identifiers that earlier versions stored in plain text. */
  async digestStored(db: Db): Promise<void> {
    let batch: readonly UnknownAttempt[] = [];
    do {
      const after = batch.at(-1)?.id ?? null;
      batch = await listUndigestedAttempts(db, { after, digestPrefix: PREFIX, limit: BATCH });
      const digested = batch.map((attempt) => ({ ...attempt, identifier: this.digest(attempt.identifier) }));
      if (digested.length > 0) await updateIdentifiers(db, digested);
    } while (batch.length === BATCH);
  }
}
