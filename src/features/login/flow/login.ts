import type { ChallengeReason, PendingLink, TokenDelivery } from "#features/challenges/index";
import type { ResolvedDevice } from "#features/devices/index";
import type { HomeStatus } from "#features/memberships/index";
import type { Session, SessionRow, TokenPair } from "#features/sessions/index";
import type { User } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { ClientInfo } from "#shared/client-info";
import type { AppError } from "#shared/errors";
import type { AuthenticationMethod, Factor } from "#shared/factors";
import type { PasskeyId, SessionId, SocialAccountId } from "#shared/ids";
import type { RiskAssessment } from "#shared/risk";
import type { Stage } from "./next-step.ts";

/** Details of a consumed factor for the audit log, such as the number of backup codes left. */
export type ConsumedFactor = Readonly<Record<string, unknown>>;

/** A factor that was verified. Nothing has been written yet, so a crash loses nothing. */
export interface VerifiedFactor {
  readonly methods: readonly AuthenticationMethod[];
  readonly passkeyId?: PasskeyId | null;
  readonly socialAccountId?: SocialAccountId | null;
  /** Set if completing the login links that account. */
  readonly pendingLink?: PendingLink | null;
  /** When the user added it, if it is one of their own factors. */
  readonly since?: Date | null;
  /** The session that created the credential; null if no session did or if it is unknown. */
  readonly createdBySession?: SessionId | null;
  /** Whether it is kept if the login is refused because of the account. */
  readonly keptIfRefused?: boolean;
  /**
   * Consumes the factor in the transaction that uses it, once the user's row is locked. A single statement decides, so exactly one
   * of several concurrent callers with the same proof succeeds.
   * @returns null if it was consumed or revoked since it was verified; it is then verified again
   * @throws {AppError} the error for the client if verifying it again makes no sense
   */
  consume(tx: Db, client: ClientInfo): Promise<ConsumedFactor | null>;
}

/** How a login with verified factors ended. */
export type LoginEnd = "COMMITTED" | "OUTDATED" | "FAILED";

/** A login with verified factors, with everything that the next steps need. */
export interface Login {
  readonly user: User;
  readonly homeStatus: HomeStatus;
  /** Whether the user probably has as many sessions as the tenant allows. */
  readonly sessionsFull: boolean;
  /** The identifier by which the user was found, in canonical form. */
  readonly identifier: string;
  readonly client: ClientInfo;
  readonly device: ResolvedDevice;
  readonly delivery: TokenDelivery;
  readonly risk: RiskAssessment;
  /** The stage of the login, on which the decision is based. */
  readonly stage: Stage;
  /** In the order in which they are consumed. */
  readonly factors: readonly VerifiedFactor[];
  /** Whether the device becomes trusted. If a challenge follows, the step that completes it decides. */
  readonly trustDevice: boolean;
  /** The error for a login whose account has changed. If absent, the factor is verified again. */
  readonly outdated?: () => AppError;
  /** Called after the transaction, whatever its outcome. */
  readonly releaseLimits?: (end: LoginEnd) => Promise<void>;
}

/** The result of verifying a factor: a login to continue, or a step that the client must complete first. */
export type Verified = { readonly login: Login } | { readonly step: LoginFlowResult };

/**
 * A way to start or continue a login. It compares, counts and rejects, but writes nothing that a valid proof must not change,
 * because the flow consumes the proof. It is called again if the account changes concurrently.
 */
export interface LoginStrategy<Request> {
  /** @throws {AppError} if the proof is wrong */
  verify(request: Request, client: ClientInfo): Promise<Verified>;
}

/** A completed login. */
export interface IssuedLogin {
  readonly user: User;
  readonly session: SessionRow;
  readonly tokens: TokenPair;
  readonly deviceToken: string;
  /** Allows adding one second factor on this session without a step-up; null if the session is for enrolment only. */
  readonly enrolmentTicket: string | null;
  readonly mfaRecommended: boolean;
  /** The sessions that were ended to stay within the session limit. */
  readonly evictedSessions: readonly Session[];
  readonly delivery: TokenDelivery;
}

/** A login that waits for a second factor. */
export interface SecondFactorStep {
  readonly challenge: string;
  readonly reason: ChallengeReason;
  /** The factors that can complete the login, the preferred one first. */
  readonly factors: readonly Factor[];
  /** The masked address to which a code was sent. */
  readonly codeSentTo: string | null;
  readonly expiresAt: Date;
}

/** A login that waits for confirmation by mail. */
export interface ConfirmationStep {
  readonly challenge: string;
  /** The number that the user enters to confirm the login. */
  readonly number: string;
  /** The masked address to which the mail was sent. */
  readonly sentTo: string;
  readonly expiresAt: Date;
}

/** The result of a login step. */
export type LoginFlowResult = IssuedLogin | SecondFactorStep | ConfirmationStep;

/** Rolls back the transaction of a login, which is then verified again. Only `LoginFlow` catches it. */
export class LoginOutdated extends Error {
  /** `FACTOR_CONSUMED`: another caller consumed the factor first. `ACCOUNT_CHANGED`: the decision no longer holds. */
  constructor(readonly reason: "FACTOR_CONSUMED" | "ACCOUNT_CHANGED") {
    super(reason);
  }
}
