import type { Db } from "#platform/database/database";
import type { KeyRing } from "#platform/secrets";
import {
  listUndigestedAttempts,
  type UnknownAttempt,
  updateIdentifiers,
} from "../../attempts/login-attempts.repository.ts";

const PREFIX = "unknown:";

/** How many attempts are digested by one statement: it holds locks on their rows only, and not for long. */
const BATCH = 500;

/**
 * What is kept of an identifier that matches no user: people type their password into that field by mistake. The digest is
 * keyed, so that a copy of the database does not allow guessing what was typed; equal texts keep equal digests.
 */
export class UnknownIdentifiers {
  constructor(private readonly deps: { keyRing: Pick<KeyRing, "sign"> }) {}

  /** The digest of a canonical identifier. It cannot be mistaken for an address or a username: they contain no colon. */
  digest(identifier: string): string {
    return `${PREFIX}${this.deps.keyRing.sign("unknown-identifier", Buffer.from(identifier)).toString("base64url").slice(0, 22)}`;
  }

  /** Digests what earlier versions of the program stored as it was typed. */
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
