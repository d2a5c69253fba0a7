import type { ResolvedDevice } from "#features/devices/index";
import type { HomeStatus } from "#features/memberships/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import { afterCommit } from "#platform/database/after-commit";
import type { Db } from "#platform/database/database";
import { type Ids, timeOfId } from "#platform/ids";
import type { PubSub } from "#platform/pubsub/index";
import type { KeyRing } from "#platform/secrets";
import type { ClientInfo } from "#shared/client-info";
import { after } from "#shared/durations";
import { AppError } from "#shared/errors";
import type { ChallengeId, SessionId, SocialAccountId, UserId } from "#shared/ids";
import { NO_RISK, type RiskAssessment } from "#shared/risk";
import { readToken, tokenOf } from "./challenge-tokens.ts";
import {
  CHALLENGE_LIFETIME_MS,
  CHALLENGE_RETENTION_MS,
  CONFIRMATION_LIFETIME_MS,
  challengeChannel,
  type PendingLink,
  type PendingLoginStatus,
  statusOf,
} from "./challenges.policy.ts";
import {
  type ChallengeRow,
  consumeChallenge,
  deleteChallengesExpiredBefore,
  deleteChallengesOfUser,
  findChallenge,
  insertChallenge,
  updateChallengeConfirmed,
  updateChallengeDenied,
} from "./challenges.repository.ts";
import { isNumberOf, numberOf } from "./confirmation-number.ts";

/** The state of a login that needs another step. */
export type NewChallenge = Pick<ChallengeRow, "reason" | "factors" | "methods" | "identifier" | "delivery"> & {
  /** The provider account used for the first step. */
  readonly socialAccountId?: SocialAccountId | null;
  /** The session that created the credential used for the first step. */
  readonly createdBySession?: SessionId | null;
  /** Set if completing the login links that provider account. */
  readonly pendingLink?: PendingLink | null;
  readonly user: Pick<User, "id" | "tenantId">;
  /** The client that started the login. */
  readonly client: ClientInfo;
  readonly recognised: ResolvedDevice;
  readonly risk: RiskAssessment;
};

/** A login that is not completed yet. */
export interface PendingLogin extends Omit<NewChallenge, "user"> {
  readonly id: ChallengeId;
  readonly user: User;
  readonly homeStatus: HomeStatus;
  /** Whether the user probably has as many sessions as the tenant allows. */
  readonly sessionsFull: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly status: PendingLoginStatus;
}

export interface CreatedChallenge {
  readonly id: ChallengeId;
  /** Identifies the login to its client. It grants no other access. */
  readonly token: string;
  readonly expiresAt: Date;
}

const SWEEP_BATCH = 1_000;

interface ChallengesServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: Pick<KeyRing, "sign" | "signWithEach" | "verify" | "encrypt" | "decrypt">;
  readonly pubsub: Pick<PubSub, "publish">;
}

/** Unfinished logins: started after the first factor, completed once by the client that holds the token. */
export class ChallengesService {
  constructor(private readonly deps: ChallengesServiceDeps) {}

  /** Starts a challenge in the transaction of the login's first step: for a second factor, or for confirmation by mail. */
  async create(
    tx: Db,
    {
      user,
      client,
      recognised,
      socialAccountId = null,
      createdBySession = null,
      pendingLink = null,
      ...challenge
    }: NewChallenge,
  ): Promise<CreatedChallenge> {
    const id = this.deps.ids.next<ChallengeId>();
    const createdAt = this.deps.clock.now();
    const expiresAt = after(createdAt, challenge.reason ? CHALLENGE_LIFETIME_MS : CONFIRMATION_LIFETIME_MS);
    await insertChallenge(tx, {
      ...challenge,
      socialAccountId,
      createdBySession,
      pendingLink,
      id,
      tenantId: user.tenantId,
      userId: user.id,
      device: client.device,
      ipAddress: client.ipAddress,
      location: client.location,
      deviceToken: this.deps.keyRing.encrypt(Buffer.from(JSON.stringify(recognised)), contextOf(id)),
      createdAt,
      expiresAt,
      confirmedAt: null,
      deniedAt: null,
      usedAt: null,
    });
    return { id, token: tokenOf(this.deps.keyRing, id), expiresAt };
  }

  /**
   * The login with this token if it is not over. A forged token is rejected without a database query.
   * @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED, FORBIDDEN/LOGIN_DENIED
   */
  async get(token: string): Promise<PendingLogin> {
    const id = readToken(this.deps.keyRing, token);
    const pending = id && (await this.#find(this.deps.db, id));
    if (pending?.status === "DENIED") throw new AppError("FORBIDDEN", { reason: "LOGIN_DENIED" });
    if (!pending || pending.status === "EXPIRED") throw challengeExpired();
    return pending;
  }

  /**
   * The status of the login with this token, for a page that waits.
   * @throws {AppError} INVALID_TOKEN if this server did not issue the token
   */
  async status(token: string): Promise<{ readonly status: PendingLoginStatus; readonly expiresAt: Date }> {
    const id = readToken(this.deps.keyRing, token);
    if (!id) throw new AppError("INVALID_TOKEN");
    return (
      (await this.#find(this.deps.db, id)) ?? {
        status: "EXPIRED",
        expiresAt: after(timeOfId(id), CHALLENGE_LIFETIME_MS),
      }
    );
  }

  /** The login, if it waits for its user; else null. */
  async findWaiting(id: ChallengeId): Promise<PendingLogin | null> {
    const pending = await this.#find(this.deps.db, id);
    return pending?.status === "WAITING" ? pending : null;
  }

  /** The number that the client of this login shows until the login is confirmed. */
  numberOf(id: ChallengeId): string {
    return numberOf(this.deps.keyRing, id);
  }

  /** Whether these digits are the number of this login. */
  isNumberOf(id: ChallengeId, digits: string): boolean {
    return isNumberOf(this.deps.keyRing, id, digits);
  }

  /** Confirms the login, in the transaction that consumes the mailed link; null if it is too late. */
  async confirm(tx: Db, id: ChallengeId): Promise<PendingLogin | null> {
    if ((await updateChallengeConfirmed(tx, id, this.deps.clock.now())) === null) return null;
    this.#publish(tx, id);
    return this.#find(tx, id);
  }

  /** Denies the login, in the transaction that consumes the mailed link; null if it is too late. */
  async deny(tx: Db, id: ChallengeId): Promise<PendingLogin | null> {
    if ((await updateChallengeDenied(tx, id, this.deps.clock.now())) === null) return null;
    this.#publish(tx, id);
    return this.#find(tx, id);
  }

  async #find(db: Db, id: ChallengeId): Promise<PendingLogin | null> {
    const found = await findChallenge(db, id);
    if (!found) return null;
    const { device, ipAddress, location, deviceToken, risk, ...challenge } = found.challenge;
    const opened = this.deps.keyRing.decrypt(deviceToken, contextOf(id));
    return {
      ...challenge,
      user: found.user,
      homeStatus: found.homeStatus,
      sessionsFull: found.sessionsFull,
      client: { device, ipAddress: ipAddress ?? "", location },
      risk: risk ?? NO_RISK,
      recognised: JSON.parse(opened.toString()) as ResolvedDevice,
      status: statusOf(challenge, this.deps.clock.now()),
    };
  }

  /** Whether the token belongs to a login, whatever its status. */
  isToken(token: string): boolean {
    return this.idOf(token) !== null;
  }

  /** The id of the login that the token belongs to, whatever its status; null if this server did not issue the token. */
  idOf(token: string): ChallengeId | null {
    return readToken(this.deps.keyRing, token);
  }

  /** Consumes the challenge, in the transaction that opens the session. @returns true for exactly one concurrent caller */
  async consume(tx: Db, id: ChallengeId): Promise<boolean> {
    const consumed = await consumeChallenge(tx, id, this.deps.clock.now());
    if (consumed) this.#publish(tx, id);
    return consumed !== null;
  }

  /** Ends all unfinished logins of the user, because the credentials they started with have changed. */
  async revoke(tx: Db, userId: UserId): Promise<void> {
    for (const { id } of await deleteChallengesOfUser(tx, userId)) this.#publish(tx, id);
  }

  /** Notifies the followers of the login after the commit. */
  #publish(tx: Db, id: ChallengeId): void {
    afterCommit(tx, () => this.deps.pubsub.publish(challengeChannel(id), ""));
  }

  /** Deletes challenges that can no longer be completed. */
  async sweep(): Promise<void> {
    const expiredBefore = after(this.deps.clock.now(), -CHALLENGE_RETENTION_MS);
    while ((await deleteChallengesExpiredBefore(this.deps.db, expiredBefore, SWEEP_BATCH)) === SWEEP_BATCH);
  }
}

/** The login cannot be completed and must be started again. */
export const challengeExpired = (): AppError =>
  new AppError("INVALID_TOKEN", {
    reason: "CHALLENGE_EXPIRED",
    message: "This login can no longer be completed. Log in again.",
  });

const contextOf = (id: ChallengeId): string => `login-challenge:${id}`;
