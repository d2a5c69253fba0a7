import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { Ids } from "../../platform/ids.ts";
import type { KeyRing } from "../../platform/secrets.ts";
import { after } from "../../shared/durations.ts";
import { AppError } from "../../shared/errors.ts";
import type { ChallengeId, UserId } from "../../shared/ids.ts";
import type { RecognisedDevice } from "../devices/index.ts";
import type { TenantStatus } from "../tenants/index.ts";
import type { User } from "../users/index.ts";
import { readToken, tokenOf } from "./challenge-tokens.ts";
import { CHALLENGE_KEPT_AFTER_EXPIRY, CHALLENGE_LIFETIME } from "./challenges.policy.ts";
import {
  type ChallengeRow,
  consumeChallenge,
  deleteChallengesExpiredBefore,
  deleteChallengesOfUser,
  findLiveChallenge,
  insertChallenge,
} from "./challenges.repository.ts";

/** What a login leaves behind when it stops half-way. */
export type NewChallenge = Pick<
  ChallengeRow,
  "reason" | "factors" | "methods" | "identifier" | "device" | "delivery"
> & {
  readonly user: Pick<User, "id" | "tenantId">;
  readonly recognised: RecognisedDevice;
};

/** A login that waits to be finished. */
export interface PendingLogin extends Omit<ChallengeRow, "deviceToken" | "usedAt"> {
  readonly user: User;
  readonly tenantStatus: TenantStatus;
  readonly recognised: RecognisedDevice;
}

export interface BegunChallenge {
  readonly id: ChallengeId;
  /** What the client names it by: it opens nothing else. */
  readonly token: string;
  readonly expiresAt: Date;
}

interface ChallengesServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keys: Pick<KeyRing, "sign" | "verify" | "encrypt" | "decrypt">;
}

/** Unfinished logins: begun by whoever proved the first factor, finished once, by the client that holds the token. */
export class ChallengesService {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #keys: ChallengesServiceDeps["keys"];

  constructor({ db, clock, ids, keys }: ChallengesServiceDeps) {
    this.#db = db;
    this.#clock = clock;
    this.#ids = ids;
    this.#keys = keys;
  }

  /** Begins a challenge, in the transaction of the login's first step. */
  async begin(tx: Db, { user, recognised, ...challenge }: NewChallenge): Promise<BegunChallenge> {
    const id = this.#ids.next<ChallengeId>();
    const createdAt = this.#clock.now();
    const expiresAt = after(createdAt, CHALLENGE_LIFETIME);
    const deviceToken = this.#keys.encrypt(Buffer.from(JSON.stringify(recognised)), contextOf(id));
    const owner = { tenantId: user.tenantId, userId: user.id };
    await insertChallenge(tx, { ...challenge, ...owner, id, deviceToken, createdAt, expiresAt, usedAt: null });
    return { id, token: tokenOf(this.#keys, id), expiresAt };
  }

  /**
   * The login of this token where it could be finished now; a forged token is told before the database is asked. Throws
   * INVALID_TOKEN/CHALLENGE_EXPIRED.
   */
  async get(token: string): Promise<PendingLogin> {
    const id = readToken(this.#keys, token);
    const found = id && (await findLiveChallenge(this.#db, id, this.#clock.now()));
    if (!found) throw challengeExpired();
    const { deviceToken, usedAt, ...challenge } = found.challenge;
    const opened = this.#keys.decrypt(deviceToken, contextOf(challenge.id));
    const recognised = JSON.parse(opened.toString()) as RecognisedDevice;
    return { ...challenge, user: found.user, tenantStatus: found.tenantStatus, recognised };
  }

  /** Whether the token is one of an unfinished login, whatever became of it. */
  isToken(token: string): boolean {
    return readToken(this.#keys, token) !== null;
  }

  /** Uses the challenge up, in the transaction that opens the session: of many callers exactly one hears true. */
  async consume(tx: Db, id: ChallengeId): Promise<boolean> {
    return (await consumeChallenge(tx, id, this.#clock.now())) !== null;
  }

  /** Ends all unfinished logins of the user: what they began with is true no longer. */
  async revoke(tx: Db, userId: UserId): Promise<void> {
    await deleteChallengesOfUser(tx, userId);
  }

  /** Deletes what nobody can finish any more. */
  async sweep(): Promise<void> {
    await deleteChallengesExpiredBefore(this.#db, after(this.#clock.now(), -CHALLENGE_KEPT_AFTER_EXPIRY));
  }
}

/** The login cannot be finished: it must begin anew. */
export const challengeExpired = (): AppError =>
  new AppError("INVALID_TOKEN", {
    reason: "CHALLENGE_EXPIRED",
    message: "This login can no longer be finished. Log in again.",
  });

const contextOf = (id: ChallengeId): string => `login-challenge:${id}`;
