import type { Clock } from "../../../../platform/clock.ts";
import type { Db } from "../../../../platform/database/database.ts";
import { type Ids, timeOfId } from "../../../../platform/ids.ts";
import type { KeyRing } from "../../../../platform/secrets.ts";
import { after, DAY, MINUTE, SECOND } from "../../../../shared/durations.ts";
import { bytesOfUuid, type ChallengeId, type SessionId, uuidOfBytes } from "../../../../shared/ids.ts";
import { deleteSpentChallengesBefore, insertSpentChallenge } from "./passkeys.repository.ts";

/** What a challenge is for, and for whose hands alone. */
export type Ceremony =
  | { readonly kind: "REGISTRATION"; readonly sessionId: SessionId }
  | { readonly kind: "SECOND_FACTOR"; readonly challengeId: ChallengeId }
  /** A login that names nobody, or a step-up: what is signed tells who it is. */
  | { readonly kind: "ASSERTION" };

/** How long a user has for a ceremony, in milliseconds. */
export const CEREMONY_LIFETIME = 5 * MINUTE;

/** By how much the clocks of replicas may differ. */
const CLOCK_SKEW = 30 * SECOND;

/** How long it is known that a challenge was answered: a clock that is set back must not make it new. */
const SPENT_KEPT = DAY;

/** 16 bytes of a UUID and 32 of a MAC are exactly 64 characters: every challenge has one spelling only. */
const FORM = /^[A-Za-z0-9_-]{64}$/;
const ID_BYTES = 16;

interface PasskeyChallengesDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keys: Pick<KeyRing, "sign" | "verify">;
}

/**
 * The challenges of WebAuthn ceremonies. They lie nowhere until they are answered: each carries its time in its id, and a MAC
 * over what it is for. So to begin a ceremony costs no row, and a flood of beginnings fills nothing.
 */
export class PasskeyChallenges {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #keys: PasskeyChallengesDeps["keys"];

  constructor({ clock, ids, keys }: PasskeyChallengesDeps) {
    this.#clock = clock;
    this.#ids = ids;
    this.#keys = keys;
  }

  /** A new challenge, in base64url. */
  issue(ceremony: Ceremony): string {
    const id = bytesOfUuid(this.#ids.next());
    return Buffer.concat([id, this.#keys.sign("passkey-challenge", messageOf(ceremony, id))]).toString("base64url");
  }

  /** The id of a challenge of ours for this ceremony that can still be answered, as far as it tells by itself; else null. */
  read(challenge: string, ceremony: Ceremony): string | null {
    if (!FORM.test(challenge)) return null;
    const bytes = Buffer.from(challenge, "base64url");
    const [id, mac] = [bytes.subarray(0, ID_BYTES), bytes.subarray(ID_BYTES)];
    if (!this.#keys.verify("passkey-challenge", messageOf(ceremony, id), mac)) return null;
    const uuid = uuidOfBytes(id);
    const issuedAt = timeOfId(uuid);
    const now = this.#clock.now();
    return issuedAt > after(now, -CEREMONY_LIFETIME) && issuedAt < after(now, CLOCK_SKEW) ? uuid : null;
  }

  /** Uses the challenge up, in the transaction of what it opens: of many callers exactly one hears true. */
  spend(tx: Db, id: string): Promise<boolean> {
    return insertSpentChallenge(tx, { id, spentAt: this.#clock.now() });
  }

  /** Forgets those that nobody can answer any more. */
  async sweep(db: Db): Promise<void> {
    await deleteSpentChallengesBefore(db, after(this.#clock.now(), -SPENT_KEPT));
  }
}

/** What the MAC is over. Of each kind all messages have one length, and the kind comes first: no two ceremonies share one. */
const messageOf = (ceremony: Ceremony, id: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${ceremony.kind}\0`), bindingOf(ceremony), id]);

const bindingOf = (ceremony: Ceremony): Buffer => {
  switch (ceremony.kind) {
    case "REGISTRATION":
      return bytesOfUuid(ceremony.sessionId);
    case "SECOND_FACTOR":
      return bytesOfUuid(ceremony.challengeId);
    case "ASSERTION":
      return Buffer.alloc(0);
  }
};
