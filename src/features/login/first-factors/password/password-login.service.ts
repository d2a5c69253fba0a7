import type { SecurityLog } from "#features/audit/index";
import type { DevicesService } from "#features/devices/index";
import { type PasswordSchemes, updatePasswordHash } from "#features/passwords/index";
import { canonicalEmail, canonicalUsername, isUnproved, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { KeyedSemaphore } from "#platform/keyed-semaphore";
import type { Limit, Limits, Taken } from "#platform/limits/limits";
import type { MailQueue } from "#platform/mail/index";
import type { PasswordHasher, Verdict } from "#platform/password-hashing/index";
import type { Client } from "#shared/client";
import { after, SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import { toLocale } from "#shared/locales";
import { MAX_RAW_PASSWORD_LENGTH } from "#shared/password-text";
import { NO_RISK, type RiskAssessment } from "#shared/risk";
import type { LoginAttemptDraft, LoginAttemptLog } from "../../attempts/login-attempt-log.ts";
import { loginFailed, loginLocked } from "../../flow/login.events.ts";
import { type DeliveryRequest, deliveryOf, type LoginOutcome, MAX_IDENTIFIER } from "../../flow/login.policy.ts";
import { type Candidate, findNamed, type Named } from "../../flow/login.repository.ts";
import type { LoginStep, LoginSteps } from "../../flow/login-steps.ts";
import { ACCOUNT_LOCKED } from "../../mails/account-locked.ts";
import type { LoginRisk } from "../../risk/login-risk.ts";
import { LOGIN_LIMITS, type LoginLimits, loginLimits } from "./login-limits.ts";
import type { UnknownIdentifiers } from "./unknown-identifiers.ts";

export interface LoginRequest extends DeliveryRequest {
  /** E-mail address or username. */
  readonly identifier: string;
  readonly password: string;
}

export interface LoginDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly hasher: Pick<PasswordHasher, "verifyLogin" | "hash" | "needsRehash">;
  readonly schemes: Pick<PasswordSchemes, "refresh">;
  /** Resolves after that many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly devices: DevicesService;
  readonly steps: LoginSteps;
  readonly risk: LoginRisk;
  readonly attempts: LoginAttemptLog;
  readonly unknownIdentifiers: UnknownIdentifiers;
  /** Failures a minute over the whole installation from which on unknown devices are refused; null: never. */
  readonly failuresPerMinute: number | null;
  readonly events: SecurityLog;
  readonly mails: Pick<MailQueue, "enqueue">;
  /** Mails a reminder to an address that waits for its proof. */
  readonly remind: (db: Db, emailCanonical: string, client: Client) => Promise<void>;
  /** Whether a visitor may learn that an address is taken. */
  readonly revealTakenEmail: boolean;
  /** Told what each attempt came to, once that is sure. */
  readonly onOutcome?: (outcome: LoginOutcome) => void;
  /** Called when the net over the whole installation refuses a login. */
  readonly onInstallationFull?: () => void;
}

interface Attempt extends Named {
  readonly request: LoginRequest;
  readonly identifier: string;
  readonly client: Client;
  readonly limits: LoginLimits;
}

interface Weighed extends Verdict {
  readonly risk: RiskAssessment;
}

/** The password was wrong; the answer waits for that many milliseconds. */
interface Refused {
  readonly refusedFor: number;
}

/** How often a login is begun anew because the account changed under it, or its device is known no longer. */
const MAX_TRIES = 3;

/**
 * Logging in by password: one read, one count, one hash, one transaction. Nothing in answers or times tells an unknown user
 * from a wrong password; only a right password makes the answer speak of the account.
 */
export class LoginService {
  /** Parallel logins of one pair or network take turns, so that right ones are not mistaken for guesses being verified. */
  readonly #turnsOfPairs = new KeyedSemaphore(LOGIN_LIMITS.pair.limit);
  readonly #turnsOfNetworks = new KeyedSemaphore(LOGIN_LIMITS.network.limit);

  constructor(private readonly deps: LoginDeps) {}

  /**
   * Answers a session, or what is still to be proved. Throws RATE_LIMITED (ACCOUNT_LOCKED where the account was guessed at),
   * INVALID_CREDENTIALS, or FORBIDDEN with what keeps the account out.
   */
  async logIn(request: LoginRequest, client: Client): Promise<LoginStep> {
    let { deviceToken } = request;
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const step = await this.#try({ ...request, deviceToken }, client);
      if (step === "DEVICE_USED_UP") deviceToken = null;
      else if (step !== "OUTDATED") return step;
    }
    throw new AppError("SERVICE_UNAVAILABLE", { retryAfter: 1 });
  }

  async #try(request: LoginRequest, client: Client): Promise<LoginStep | "OUTDATED" | "DEVICE_USED_UP"> {
    const { db, devices, failuresPerMinute, unknownIdentifiers } = this.deps;
    const { identifier: typed, password, deviceToken } = request;
    if (typed.length > MAX_IDENTIFIER || password.length > MAX_RAW_PASSWORD_LENGTH)
      throw new AppError("INVALID_CREDENTIALS");
    const identifier = typed.includes("@") ? canonicalEmail(typed) : canonicalUsername(typed.trim());
    const named = await findNamed(db, identifier, devices.tokenHash(deviceToken));
    const { candidate } = named;
    const limits = loginLimits({
      subject: candidate ? { userId: candidate.user.id } : { digest: unknownIdentifiers.digest(identifier) },
      ipAddress: client.ipAddress,
      knownDevice: candidate?.deviceId ?? null,
      installation: failuresPerMinute,
    });
    const attempt: Attempt = { ...named, request, identifier, client, limits };

    const step = await this.#inTurn(limits, async () => {
      const taken = await this.#take(attempt);
      if (taken === "DEVICE_USED_UP") return taken;
      const { right, owedMs, risk } = await this.#weigh(attempt, password, taken);
      if (!right) return this.#refuse(attempt, risk, { taken, owedMs });
      if (candidate === null || isUnverified(candidate)) return this.#putOff(attempt, risk);
      return this.#proceed(attempt, candidate, risk);
    });
    if (typeof step === "string" || !("refusedFor" in step)) return step;
    // Without a turn and without a place for hashing: whoever waits here keeps nobody out.
    if (step.refusedFor > 0) await this.deps.wait(step.refusedFor);
    throw new AppError("INVALID_CREDENTIALS");
  }

  /** A login that waits for its pair's turn does not take a turn of the network. */
  #inTurn<Result>({ pair, network }: LoginLimits, work: () => Promise<Result>): Promise<Result> {
    return this.#turnsOfPairs.run(pair.key, () => (network ? this.#turnsOfNetworks.run(network.key, work) : work()));
  }

  /** Counts the attempt before anything is weighed. */
  async #take(attempt: Attempt): Promise<Taken | "DEVICE_USED_UP"> {
    const { attempts, db, limits, onInstallationFull, onOutcome } = this.deps;
    const { all, device, installation } = attempt.limits;
    const taken = await limits.take(db, all);
    const { exceeded, remembered, retryAfter } = taken;
    if (exceeded === null) return taken;
    if (exceeded === device) return "DEVICE_USED_UP";
    // A flood is refused from memory; only what Postgres refused is worth a row.
    if (!remembered) await attempts.record(db, entryOf(attempt, "LOCKED"));
    onOutcome?.("LOCKED");
    if (exceeded === installation) onInstallationFull?.();
    throw refusalBy(exceeded, attempt.limits, retryAfter);
  }

  /**
   * Hashes even where there is no user or no password: the time must not tell. While the hash is computed Postgres has the
   * time to say how unusual the login is. What could not be weighed does not count.
   */
  async #weigh(attempt: Attempt, password: string, taken: Taken): Promise<Weighed> {
    const { db, hasher, limits, revealTakenEmail, schemes } = this.deps;
    const { candidate, waiting } = attempt;
    // An unverified address is answered like an unknown one: even its right password tells nothing, unless the settings let it.
    const hidden = isUnverified(candidate) && !revealTakenEmail;
    const known = candidate ? candidate.hash : (waiting?.passwordHash ?? null);
    schemes.refresh();
    try {
      const [verdict, risk] = await Promise.all([
        hasher.verifyLogin(hidden ? null : known, password),
        this.#assess(attempt),
      ]);
      // Guesses that came before it may have failed since: sent all at once they weigh as much as one after the other.
      return { ...verdict, risk: verdict.right && !isAlone(attempt, taken) ? await this.#assess(attempt) : risk };
    } catch (busy) {
      await limits.settle(db, { reset: [], giveBack: attempt.limits.all.map(({ key }) => key) });
      throw busy;
    }
  }

  #assess({ candidate, client }: Attempt): Promise<RiskAssessment> {
    return this.deps.risk.assess(candidate?.user ?? null, client, candidate?.deviceId != null);
  }

  async #refuse(
    attempt: Attempt,
    risk: RiskAssessment,
    { taken, owedMs }: { readonly taken: Taken; readonly owedMs: number },
  ): Promise<Refused> {
    const { attempts, db, remind } = this.deps;
    const { candidate, identifier, limits } = attempt;
    const owner = candidate !== null && !isUnverified(candidate) ? candidate.user : null;
    const address = owner === null ? (candidate?.user.emailCanonical ?? (attempt.waiting && identifier)) : null;
    const locked = taken.reached.includes(limits.pair);
    // In one round trip and as many statements, whether or not there is somebody to tell: the time must not tell, either.
    await db.transaction((tx) =>
      Promise.all([
        attempts.record(tx, entryOf(attempt, "FAILED", risk)),
        owner ? this.#tellOwner(tx, owner, attempt, locked) : this.deps.events.recordNothing(tx),
      ]),
    );
    // Not waited for: the time must not tell that an address waits for its proof. A lost reminder harms nobody.
    if (address !== null) void remind(db, address, attempt.client).catch(() => {});
    this.deps.onOutcome?.("FAILED");
    return { refusedFor: owedMs };
  }

  /** The owner's history knows of the failure; of a lock the owner gets mail. */
  async #tellOwner(tx: Db, user: User, { client, limits }: Attempt, locked: boolean): Promise<void> {
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

  /** The password is right, of an address that waits for its proof or an admin's decision: told only if the settings allow it. */
  async #putOff(attempt: Attempt, risk: RiskAssessment): Promise<never> {
    const { attempts, db, limits } = this.deps;
    const { ownKeys: reset, sharedKeys: giveBack } = attempt.limits;
    await db.transaction((tx) =>
      Promise.all([attempts.record(tx, entryOf(attempt, "FAILED", risk)), limits.settle(tx, { reset, giveBack })]),
    );
    this.deps.onOutcome?.("FAILED");
    const pending = attempt.candidate === null && attempt.waiting?.status === "PENDING";
    throw new AppError("FORBIDDEN", { reason: pending ? "APPROVAL_PENDING" : "EMAIL_NOT_VERIFIED" });
  }

  /** What follows a right password. */
  async #proceed(attempt: Attempt, candidate: Candidate, risk: RiskAssessment): Promise<LoginStep | "OUTDATED"> {
    const { db, devices, limits, steps } = this.deps;
    const { identifier, client, request } = attempt;
    const device = devices.recognised(request.deviceToken, candidate.deviceId);
    const delivery = deliveryOf(request, device);
    const { all, ownKeys: reset, sharedKeys: giveBack } = attempt.limits;
    const { passwordCreatedBy: createdBySession } = candidate;
    const proved = { methods: ["PASSWORD"], createdBySession } as const;
    const login = { candidate, identifier, client, device, delivery, risk, ...proved };
    const step = await steps.take(login, (tx) => limits.settle(tx, { reset, giveBack }));
    // It begins anew, and is counted anew: it was no guess.
    if (step === "OUTDATED") await limits.settle(db, { reset: [], giveBack: all.map(({ key }) => key) });
    else await this.#rehash(candidate, request.password);
    return step;
  }

  /**
   * A hash made elsewhere, or with other parameters, gives way to ours. The password was right: where the queue is busy or
   * the database away it is put off to the next login.
   */
  async #rehash({ user, hash }: Candidate, password: string): Promise<void> {
    const { db, hasher } = this.deps;
    if (hash === null || !hasher.needsRehash(hash, password)) return;
    await hasher
      .hash(password)
      .then((newHash) => updatePasswordHash(db, user.id, hash, newHash))
      .catch(() => {});
  }
}

/** Whether nobody has proved the address of this user, or of nobody: such a user cannot log in. */
const isUnverified = (candidate: Candidate | null): boolean =>
  candidate === null || !candidate.user.emailVerified || isUnproved(candidate.user);

/**
 * How a used up limit is answered. A client that could prove its work would be asked for that here, if the limit is
 * `consecutive` (a hundred failures in a row: no waiting time lifts it soon) or one that many clients share.
 */
const refusalBy = (exceeded: Limit, { ownKeys }: LoginLimits, retryAfter: number): AppError => {
  const isAccount = ownKeys.includes(exceeded.key);
  return new AppError("RATE_LIMITED", { ...(isAccount && { reason: "ACCOUNT_LOCKED" }), retryAfter });
};

/** Whether nobody else tries to log in as this user, or has failed to since the last login. */
const isAlone = ({ limits: { ownKeys } }: Attempt, { fresh }: Taken): boolean =>
  ownKeys.every((key) => fresh.some((limit) => limit.key === key));

/** What is refused before it is weighed is not assessed. */
const entryOf = (
  { identifier, client, candidate }: Attempt,
  outcome: LoginOutcome,
  risk = NO_RISK,
): LoginAttemptDraft => ({
  identifier,
  user: candidate?.user ?? null,
  client,
  outcome,
  risk,
});
