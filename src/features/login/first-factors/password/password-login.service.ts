import type { AuditLog } from "#features/audit/index";
import type { DevicesService } from "#features/devices/index";
import { type PasswordSchemes, updatePasswordHash } from "#features/passwords/index";
import type { VerificationMails } from "#features/registration/index";
import { canonicalEmail, canonicalUsername, isUnverified, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { KeyedSemaphore } from "#platform/keyed-semaphore";
import type { ConsumeResult, Limit, Limits } from "#platform/limits/limits";
import type { MailQueue } from "#platform/mail/index";
import type { PasswordHasher, Verdict } from "#platform/password-hashing/index";
import type { ClientInfo } from "#shared/client-info";
import { after, SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import { toLocale } from "#shared/locales";
import { MAX_RAW_PASSWORD_LENGTH } from "#shared/password-text";
import { NO_RISK, type RiskAssessment } from "#shared/risk";
import type { LoginAttemptDraft, LoginAttemptLog } from "../../attempts/login-attempt-log.ts";
import { loginFailed, loginLocked } from "../../flow/login.events.ts";
import { type LoginOutcome, resolveLoginDevice, type TokenDeliveryRequest } from "../../flow/login.policy.ts";
import {
  findLoginCandidate,
  type LoginCandidate,
  type LoginLookup,
  loginOfCandidate,
} from "../../flow/login.repository.ts";
import type { Login, LoginEnd, LoginFlowResult, LoginStrategy, Verified, VerifiedFactor } from "../../flow/login.ts";
import type { LoginFlow } from "../../flow/login-flow.ts";
import { ACCOUNT_LOCKED } from "../../mails/account-locked.ts";
import type { LoginRisk } from "../../risk/login-risk.ts";
import { LOGIN_LIMITS, type LoginLimits, loginLimits } from "./login-limits.ts";
import type { UnknownIdentifiers } from "./unknown-identifiers.ts";

export interface LoginRequest extends TokenDeliveryRequest {
  /** E-mail address or username. */
  readonly identifier: string;
  readonly password: string;
}

/** Longer than any address (RFC 5321, section 4.5.3.1.3) or username. */
const MAX_IDENTIFIER = 254;

export interface PasswordLoginDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly hasher: Pick<PasswordHasher, "verifyLogin" | "hash" | "needsRehash">;
  readonly schemes: Pick<PasswordSchemes, "refresh">;
  /** Resolves after that many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly devices: DevicesService;
  readonly flow: Pick<LoginFlow, "logIn">;
  readonly risk: LoginRisk;
  readonly attempts: LoginAttemptLog;
  readonly unknownIdentifiers: UnknownIdentifiers;
  /** Failures per minute in the whole installation above which unknown devices are rejected; null: no limit. */
  readonly failuresPerMinute: number | null;
  readonly events: AuditLog;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly verificationMails: Pick<VerificationMails, "remind">;
  /** Whether an anonymous caller may learn that an address is taken. */
  readonly revealTakenEmail: boolean;
  /** Called when the limit for the whole installation rejects a login. */
  readonly onInstallationFull?: () => void;
}

interface Attempt extends LoginLookup {
  readonly request: LoginRequest;
  readonly identifier: string;
  readonly client: ClientInfo;
  readonly limits: LoginLimits;
}

interface PasswordVerification extends Verdict {
  readonly risk: RiskAssessment;
}

/**
 * Login with a password: one query, one count, one hash, one transaction. Neither responses nor their times distinguish an unknown
 * user from a wrong password. Only after a right password does the response reveal anything about the account.
 */
export class PasswordLogin implements LoginStrategy<LoginRequest> {
  /** Parallel logins of one pair or network run one after the other, so that right ones are not mistaken for guesses being verified. */
  readonly #pairLocks = new KeyedSemaphore(LOGIN_LIMITS.pair.limit);
  readonly #networkLocks = new KeyedSemaphore(LOGIN_LIMITS.network.limit);

  constructor(private readonly deps: PasswordLoginDeps) {}

  /** @throws {AppError} as `verify` and `LoginFlow.logIn` */
  logIn(request: LoginRequest, client: ClientInfo): Promise<LoginFlowResult> {
    return this.deps.flow.logIn(() => this.verify(request, client));
  }

  /**
   * @throws {AppError} RATE_LIMITED (ACCOUNT_LOCKED if the limit concerns the account); INVALID_CREDENTIALS; FORBIDDEN for the right
   * password of an unverified address, if the settings reveal that
   */
  async verify(request: LoginRequest, client: ClientInfo): Promise<Verified> {
    const attempt = await this.#read(request, client);
    const { candidate, limits } = attempt;
    const releaseLocks = await this.#acquireLock(limits);
    let login: Login | null = null;
    let delayMs = 0;
    try {
      const consumed = await this.#count(attempt);
      // The device has exhausted its guesses, so it is no longer known.
      if (consumed.exceeded !== null) return this.verify({ ...request, deviceToken: null }, client);
      const { risk, ...verdict } = await this.#compare(attempt, consumed);
      delayMs = verdict.delayMs;
      if (!verdict.right) await this.#refuse(attempt, risk, consumed);
      else if (candidate === null || isUnknownOrUnverified(candidate)) await this.#rejectPendingApproval(attempt, risk);
      else login = this.#loginOf(attempt, candidate, risk, releaseLocks);
    } finally {
      if (login === null) releaseLocks();
    }
    if (login !== null) return { login };
    // Wait after releasing the locks and the slot of the hashing queue, so that a waiting caller does not block others.
    if (delayMs > 0) await this.deps.wait(delayMs);
    throw new AppError("INVALID_CREDENTIALS");
  }

  async #read(request: LoginRequest, client: ClientInfo): Promise<Attempt> {
    const { db, devices, failuresPerMinute, unknownIdentifiers } = this.deps;
    const { identifier: typed, password, deviceToken } = request;
    if (typed.length > MAX_IDENTIFIER || password.length > MAX_RAW_PASSWORD_LENGTH)
      throw new AppError("INVALID_CREDENTIALS");
    const identifier = typed.includes("@") ? canonicalEmail(typed) : canonicalUsername(typed.trim());
    const named = await findLoginCandidate(db, identifier, devices.hashDeviceToken(deviceToken));
    const { candidate } = named;
    const limits = loginLimits({
      subject: candidate ? { userId: candidate.user.id } : { digest: unknownIdentifiers.digest(identifier) },
      ipAddress: client.ipAddress,
      knownDevice: candidate?.deviceId ?? null,
      installation: failuresPerMinute,
    });
    return { ...named, request, identifier, client, limits };
  }

  /** Locks the pair before the network, so that a waiting login does not hold the network's lock. @returns releases the locks */
  async #acquireLock({ pair, network }: LoginLimits): Promise<() => void> {
    const endOfPair = await this.#pairLocks.acquire(pair.key);
    const endOfNetwork = network && (await this.#networkLocks.acquire(network.key));
    return () => {
      endOfNetwork?.();
      endOfPair();
    };
  }

  /** The locks are held until the login is committed, because its counts are refunded only then. */
  #loginOf(attempt: Attempt, candidate: LoginCandidate, risk: RiskAssessment, releaseLocks: () => void): Login {
    const { db, devices, limits } = this.deps;
    const { client, identifier, request } = attempt;
    const { all, ownKeys: reset, sharedKeys: refund } = attempt.limits;
    const password: VerifiedFactor = {
      methods: ["PASSWORD"],
      createdBySession: candidate.passwordCreatedBy,
      consume: async (tx) => {
        await limits.refund(tx, { reset, refund });
        return {};
      },
    };
    const releaseLimits = async (end: LoginEnd): Promise<void> => {
      try {
        if (end === "COMMITTED") await this.#rehash(candidate, request.password);
        // It is verified and counted again, because it was not a wrong guess.
        if (end === "OUTDATED") await limits.refund(db, { reset: [], refund: all.map(({ key }) => key) });
      } finally {
        releaseLocks();
      }
    };
    const device = resolveLoginDevice(devices, request, candidate.deviceId);
    const known = { ...device, identifier, client, risk, trustDevice: false };
    return { ...loginOfCandidate(candidate), ...known, factors: [password], releaseLimits };
  }

  /** Counts the attempt before anything is compared. @returns what was counted; `exceeded` is the device's limit or null */
  async #count(attempt: Attempt): Promise<ConsumeResult> {
    const { attempts, db, limits, onInstallationFull } = this.deps;
    const { all, device, installation } = attempt.limits;
    const consumed = await limits.consume(db, all);
    const { exceeded, remembered, retryAfter } = consumed;
    if (exceeded === null || exceeded === device) return consumed;
    // A flood is rejected from memory. A row is written only for what Postgres rejected.
    if (remembered) attempts.noteUnrecorded("LOCKED");
    else await attempts.record(db, entryOf(attempt, "LOCKED"));
    if (exceeded === installation) onInstallationFull?.();
    throw refusalBy(exceeded, attempt.limits, retryAfter);
  }

  /**
   * Computes a hash even without a user or a password, so that the time does not reveal whether they exist. Concurrently, Postgres
   * reads the history for the risk. If the password could not be verified, the attempt does not count.
   */
  async #compare(attempt: Attempt, consumed: ConsumeResult): Promise<PasswordVerification> {
    const { db, hasher, limits, revealTakenEmail, schemes } = this.deps;
    const { candidate, request, waiting } = attempt;
    // An unverified address is treated like an unknown one, even with its right password, unless the settings allow revealing it.
    const hidden = isUnknownOrUnverified(candidate) && !revealTakenEmail;
    const known = candidate ? candidate.hash : (waiting?.passwordHash ?? null);
    schemes.refresh();
    try {
      const [verdict, risk] = await Promise.all([
        hasher.verifyLogin(hidden ? null : known, request.password),
        this.#assess(attempt),
      ]);
      // Earlier guesses may have failed since. Parallel guesses must raise the risk as much as sequential ones.
      return { ...verdict, risk: verdict.right && !isAlone(attempt, consumed) ? await this.#assess(attempt) : risk };
    } catch (busy) {
      await limits.refund(db, { reset: [], refund: attempt.limits.all.map(({ key }) => key) });
      throw busy;
    }
  }

  #assess({ candidate, client }: Attempt): Promise<RiskAssessment> {
    return this.deps.risk.assess(candidate?.user ?? null, client, candidate?.deviceId != null);
  }

  async #refuse(attempt: Attempt, risk: RiskAssessment, consumed: ConsumeResult): Promise<void> {
    const { attempts, db, verificationMails } = this.deps;
    const { candidate, identifier, limits } = attempt;
    const owner = candidate !== null && !isUnknownOrUnverified(candidate) ? candidate.user : null;
    const address = owner === null ? (candidate?.user.emailCanonical ?? (attempt.waiting && identifier)) : null;
    const locked = consumed.reached.includes(limits.pair);
    // One round trip with the same number of statements whether or not there is an owner to notify, so that the time does not reveal it.
    await db.transaction((tx) =>
      Promise.all([
        attempts.record(tx, entryOf(attempt, "FAILED", risk)),
        owner ? this.#notifyOwner(tx, owner, attempt, locked) : this.deps.events.recordNothing(tx),
      ]),
    );
    // Not awaited, so that the time does not reveal that an address is unverified. A lost reminder does no harm.
    if (address !== null) void verificationMails.remind(db, address, attempt.client).catch(() => {});
  }

  /** Records the failure in the owner's audit log, and mails the owner about a lock. */
  async #notifyOwner(tx: Db, user: User, { client, limits }: Attempt, locked: boolean): Promise<void> {
    const { clock, events, mails } = this.deps;
    const now = clock.now();
    if (!locked) return events.record(tx, loginFailed(user, client));
    const until = after(now, limits.pair.window * SECOND);
    await Promise.all([
      events.record(tx, loginFailed(user, client), loginLocked(user, client, until)),
      mails.enqueue(tx, ACCOUNT_LOCKED, {
        to: user.email,
        locale: toLocale(user.locale),
        data: { name: user.name, at: now, ipAddress: client.ipAddress },
      }),
    ]);
  }

  /** The password is right, but the address is unverified or awaits an admin's decision; revealed only if the settings allow it. */
  async #rejectPendingApproval(attempt: Attempt, risk: RiskAssessment): Promise<never> {
    const { attempts, db, limits } = this.deps;
    const { ownKeys: reset, sharedKeys: refund } = attempt.limits;
    await db.transaction((tx) =>
      Promise.all([attempts.record(tx, entryOf(attempt, "FAILED", risk)), limits.refund(tx, { reset, refund })]),
    );
    const pending = attempt.candidate === null && attempt.waiting?.status === "PENDING";
    throw new AppError("FORBIDDEN", { reason: pending ? "APPROVAL_PENDING" : "EMAIL_NOT_VERIFIED" });
  }

  /**
   * Replaces a hash of another system, or with other parameters. The password was right, so if the queue is busy or the database
   * unavailable, the next login does it.
   */
  async #rehash({ user, hash }: LoginCandidate, password: string): Promise<void> {
    const { db, hasher } = this.deps;
    if (hash === null || !hasher.needsRehash(hash, password)) return;
    await hasher
      .hash(password)
      .then((newHash) => updatePasswordHash(db, user.id, hash, newHash))
      .catch(() => {});
  }
}

/** Whether the user is missing or has an unverified address, and so cannot log in. */
const isUnknownOrUnverified = (candidate: LoginCandidate | null): boolean =>
  candidate === null || !candidate.user.emailVerified || isUnverified(candidate.user);

/**
 * The response to an exhausted limit. A proof of work would be requested here, if the limit is `consecutive` (a hundred failures in
 * a row, which waiting does not lift soon) or one that many clients share.
 */
const refusalBy = (exceeded: Limit, { ownKeys }: LoginLimits, retryAfter: number): AppError => {
  const isAccount = ownKeys.includes(exceeded.key);
  return new AppError("RATE_LIMITED", { ...(isAccount && { reason: "ACCOUNT_LOCKED" }), retryAfter });
};

/** Whether no other attempt to log in as this user is running, or has failed since the last login. */
const isAlone = ({ limits: { ownKeys } }: Attempt, { fresh }: ConsumeResult): boolean =>
  ownKeys.every((key) => fresh.some((limit) => limit.key === key));

/** An attempt that was rejected without verification has no risk assessment. */
const entryOf = (
  { identifier, client, candidate }: Attempt,
  outcome: LoginOutcome,
  risk = NO_RISK,
): LoginAttemptDraft => ({ identifier, user: candidate?.user ?? null, client, outcome, risk });
