import type { ChallengeReason, Delivery, PendingLink } from "#features/challenges/index";
import type { RecognisedDevice } from "#features/devices/index";
import type { HomeStatus } from "#features/memberships/index";
import type { Session, SessionRow, TokenPair } from "#features/sessions/index";
import type { User } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { Client } from "#shared/client";
import type { AppError } from "#shared/errors";
import type { AuthenticationMethod, Factor } from "#shared/factors";
import type { PasskeyId, SessionId, SocialAccountId } from "#shared/ids";
import type { RiskAssessment } from "#shared/risk";
import type { Stage } from "./next-step.ts";

/** What a consumed factor adds to the security history: how many backup codes are left. */
export type ConsumedFactor = Readonly<Record<string, unknown>>;

/** A factor that was verified. Nothing has changed yet, so a crash loses nothing. */
export interface VerifiedFactor {
  readonly methods: readonly AuthenticationMethod[];
  readonly passkeyId?: PasskeyId | null;
  readonly socialAccountId?: SocialAccountId | null;
  /** Set if that account is linked by the login that completes, and by nothing before. */
  readonly pendingLink?: PendingLink | null;
  /** Since when the user has it, if it is a factor of their own. */
  readonly since?: Date | null;
  /** The session that created what was proved; null if none did, or it is not known. */
  readonly createdBySession?: SessionId | null;
  /** Whether it is not consumed by a login whose account is kept out. */
  readonly keptIfRefused?: boolean;
  /**
   * Consumes the factor in the transaction of what it opens, behind the lock on the user's row. One statement decides, so of any
   * number of callers with one proof one gets through.
   * @returns null if it was consumed or withdrawn since it was verified: then it is verified again
   * @throws {AppError} what the client is told if it makes no sense to verify it again
   */
  consume(tx: Db, client: Client): Promise<ConsumedFactor | null>;
}

/** What became of a login whose factors were verified. */
export type LoginEnd = "COMMITTED" | "OUTDATED" | "FAILED";

/** A login whose factors are verified: all that the next steps need. */
export interface Login {
  readonly user: User;
  readonly homeStatus: HomeStatus;
  /** Whether the user seems to have as many sessions as the tenant allows. */
  readonly sessionsFull: boolean;
  /** By which the user was found, in its canonical spelling. */
  readonly identifier: string;
  readonly client: Client;
  readonly device: RecognisedDevice;
  readonly delivery: Delivery;
  readonly risk: RiskAssessment;
  /** How far it has come: the decision rests on it. */
  readonly stage: Stage;
  /** In the order in which they are consumed. */
  readonly factors: readonly VerifiedFactor[];
  /** Whether the device is the user's own from now on; a challenge leaves that to the step that answers it. */
  readonly trustDevice: boolean;
  /** What ends a login whose account has changed. Without it, the factor is verified again. */
  readonly outdated?: () => AppError;
  /** Called after the transaction, whatever became of it. */
  readonly settle?: (end: LoginEnd) => Promise<void>;
}

/** What came of verifying a factor: a login that goes on, or a step of the client that comes before it. */
export type Verified = { readonly login: Login } | { readonly step: LoginStep };

/**
 * A way to begin a login, or to go on with one. It compares, counts and refuses, and changes nothing that a right proof must not
 * change: the flow consumes what it returns. It is called again if the account changes meanwhile.
 */
export interface LoginStrategy<Request> {
  /** @throws {AppError} if the proof is wrong */
  verify(request: Request, client: Client): Promise<Verified>;
}

/** A login that got through. */
export interface LoginGrant {
  readonly user: User;
  readonly session: SessionRow;
  readonly tokens: TokenPair;
  readonly deviceToken: string;
  /** Adds one second factor on this session without a step-up; null on a session for enrolment only. */
  readonly enrolmentTicket: string | null;
  readonly mfaRecommended: boolean;
  /** Those that ended so that this one could begin. */
  readonly evictedSessions: readonly Session[];
  readonly delivery: Delivery;
}

/** A login that waits for a second factor. */
export interface SecondFactorStep {
  readonly challenge: string;
  readonly reason: ChallengeReason;
  /** What the user may prove, the one to offer first in front. */
  readonly factors: readonly Factor[];
  /** Where a code was sent, masked. */
  readonly codeSentTo: string | null;
  readonly expiresAt: Date;
}

/** A login that waits for its user to confirm it by mail. */
export interface ConfirmationStep {
  readonly challenge: string;
  /** What the user types to confirm it. */
  readonly number: string;
  /** Where the mail was sent, masked. */
  readonly sentTo: string;
  readonly expiresAt: Date;
}

/** Where a login stands after a step. */
export type LoginStep = LoginGrant | SecondFactorStep | ConfirmationStep;

/** Rolls the transaction of a login back; the login is verified again. Caught by `LoginFlow` alone. */
export class LoginOutdated extends Error {
  /** `FACTOR_CONSUMED`: another caller was first. `ACCOUNT_CHANGED`: what was decided is no longer true. */
  constructor(readonly reason: "FACTOR_CONSUMED" | "ACCOUNT_CHANGED") {
    super(reason);
  }
}
