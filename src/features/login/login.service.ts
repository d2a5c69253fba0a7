import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import { type Ids, timeOfId } from "../../platform/ids.ts";
import { KeyedSemaphore } from "../../platform/keyed-semaphore.ts";
import type { Limits, Taken } from "../../platform/limits/limits.ts";
import type { MailQueue } from "../../platform/mail/index.ts";
import type { PasswordHasher } from "../../platform/password-hashing/index.ts";
import type { Client } from "../../shared/client.ts";
import { after, SECOND } from "../../shared/durations.ts";
import { AppError } from "../../shared/errors.ts";
import type { LoginAttemptId, SessionId } from "../../shared/ids.ts";
import { toLocale } from "../../shared/locales.ts";
import { MAX_RAW_PASSWORD_LENGTH } from "../../shared/password-text.ts";
import type { Viewer } from "../../shared/viewer.ts";
import type { SecurityLog } from "../audit/index.ts";
import type { DevicesService, RecognisedDevice } from "../devices/index.ts";
import { type PasswordsService, updatePasswordHash } from "../passwords/index.ts";
import type { Session, SessionRow, SessionsService, SessionTokensService, TokenPair } from "../sessions/index.ts";
import { canonicalEmail, canonicalUsername, type User } from "../users/index.ts";
import { loginFailed, loginLocked, loginSucceeded } from "./login.events.ts";
import { LOGIN_LIMITS, type LoginLimits, loginLimits } from "./login.limits.ts";
import { type LoginOutcome, MAX_IDENTIFIER, NO_RISK, obstacleTo } from "./login.policy.ts";
import { type Candidate, findCandidate, findCurrentHash, updateUserLastLogin } from "./login.repository.ts";
import { insertLoginAttempt } from "./login-attempts.repository.ts";

export interface LoginRequest {
  /** E-mail address or username. */
  readonly identifier: string;
  readonly password: string;
  readonly deviceToken: string | null;
}

/** A login that got through. */
export interface LoginGrant {
  readonly user: User;
  readonly session: SessionRow;
  readonly tokens: TokenPair;
  readonly deviceToken: string;
  readonly mfaRecommended: boolean;
  readonly evictedSessions: readonly Session[];
}

export interface LoginDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly limits: Limits;
  readonly hasher: PasswordHasher;
  readonly devices: DevicesService;
  readonly sessions: SessionsService;
  readonly tokens: Pick<SessionTokensService, "issue">;
  readonly passwords: PasswordsService;
  readonly events: SecurityLog;
  readonly mails: Pick<MailQueue, "enqueue">;
  /** Told what each attempt came to, once that is sure. */
  readonly onOutcome?: (outcome: LoginOutcome) => void;
}

interface Attempt {
  readonly identifier: string;
  readonly client: Client;
  readonly candidate: Candidate | null;
  readonly limits: LoginLimits;
}

/** How often a login is begun anew because the password's hash changed under it, or its device is known no longer. */
const MAX_TRIES = 3;

/**
 * Logging in by password: one read, one count, one hash, one transaction. Nothing in answers or times tells an unknown user
 * from a wrong password; only a right password makes the answer speak of the account.
 */
export class LoginService {
  readonly #deps: LoginDeps;
  /** Parallel logins of one pair or address take turns, so that right ones are not mistaken for guesses still weighed. */
  readonly #turnsOfPairs = new KeyedSemaphore(LOGIN_LIMITS.pair.limit);
  readonly #turnsOfAddresses = new KeyedSemaphore(LOGIN_LIMITS.address.limit);

  constructor(deps: LoginDeps) {
    this.#deps = deps;
  }

  /**
   * Throws RATE_LIMITED (ACCOUNT_LOCKED where the account was guessed at), INVALID_CREDENTIALS, or FORBIDDEN with what keeps
   * the account out.
   */
  async logIn(request: LoginRequest, client: Client): Promise<LoginGrant> {
    let { deviceToken } = request;
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const grant = await this.#try({ ...request, deviceToken }, client);
      if (grant === "DEVICE_USED_UP") deviceToken = null;
      else if (grant !== "OUTDATED") return grant;
    }
    throw new AppError("SERVICE_UNAVAILABLE", { retryAfter: 1 });
  }

  /** Proves the viewer's password again on this session. Throws FORBIDDEN/INCORRECT_PASSWORD, BAD_REQUEST/NO_PASSWORD_SET. */
  async reauthenticate(viewer: Viewer, password: string): Promise<Session> {
    await this.#deps.passwords.prove(viewer.userId, password);
    return this.#deps.sessions.noteReauthentication(viewer);
  }

  async #try(
    { identifier: typed, password, deviceToken }: LoginRequest,
    client: Client,
  ): Promise<LoginGrant | "OUTDATED" | "DEVICE_USED_UP"> {
    const { db, devices } = this.#deps;
    if (typed.length > MAX_IDENTIFIER || password.length > MAX_RAW_PASSWORD_LENGTH)
      throw new AppError("INVALID_CREDENTIALS");
    const identifier = typed.includes("@") ? canonicalEmail(typed) : canonicalUsername(typed.trim());
    const candidate = await findCandidate(db, identifier, devices.tokenHash(deviceToken));
    const limits = loginLimits(identifier, client.ipAddress, candidate?.deviceId ?? null);
    const attempt: Attempt = { identifier, client, candidate, limits };

    return this.#inTurn(limits, async () => {
      const taken = await this.#take(attempt);
      if (taken === "DEVICE_USED_UP") return taken;
      const right = await this.#verify(attempt, password);
      if (!right || candidate === null) return this.#refuse(attempt, taken);
      return this.#admit(attempt, candidate, password, devices.recognised(deviceToken, candidate.deviceId));
    });
  }

  /** Who waits for a pair's turn keeps no place of the address. */
  #inTurn<Result>({ pair, address }: LoginLimits, work: () => Promise<Result>): Promise<Result> {
    return this.#turnsOfPairs.run(pair.key, () => (address ? this.#turnsOfAddresses.run(address.key, work) : work()));
  }

  /** Counts the attempt before anything is weighed. */
  async #take(attempt: Attempt): Promise<Taken | "DEVICE_USED_UP"> {
    const { db, limits } = this.#deps;
    const { all, device, ownKeys } = attempt.limits;
    const taken = await limits.take(db, all);
    const { exceeded, remembered, retryAfter } = taken;
    if (exceeded === null) return taken;
    if (exceeded === device) return "DEVICE_USED_UP";
    // A flood is refused from memory; only what Postgres refused is worth a row.
    if (!remembered) await this.#record(db, attempt, "LOCKED");
    this.#deps.onOutcome?.("LOCKED");
    const isAccount = ownKeys.includes(exceeded.key);
    throw new AppError("RATE_LIMITED", { ...(isAccount && { reason: "ACCOUNT_LOCKED" }), retryAfter });
  }

  /** Hashes even where there is no user or no password: the time must not tell. What could not be weighed does not count. */
  async #verify({ candidate, limits: { all } }: Attempt, password: string): Promise<boolean> {
    const { db, hasher, limits } = this.#deps;
    const weighing = candidate?.hash ? hasher.verify(candidate.hash, password) : hasher.verifyDummy(password);
    return weighing.catch(async (busy: unknown) => {
      await limits.settle(db, { reset: [], giveBack: all.map(({ key }) => key) });
      throw busy;
    });
  }

  async #refuse(attempt: Attempt, taken: Taken): Promise<never> {
    const { db } = this.#deps;
    const { candidate, limits } = attempt;
    const locked = taken.reached.includes(limits.pair);
    // In one round trip, whether or not there is somebody to tell: the time must not tell, either.
    await db.transaction((tx) =>
      Promise.all([
        this.#record(tx, attempt, "FAILED"),
        candidate && this.#tellOwner(tx, candidate.user, attempt, locked),
      ]),
    );
    this.#deps.onOutcome?.("FAILED");
    throw new AppError("INVALID_CREDENTIALS");
  }

  /** The owner's history knows of the failure; of a lock the owner gets mail. */
  async #tellOwner(tx: Db, user: User, { client, limits }: Attempt, locked: boolean): Promise<void> {
    const { clock, events, mails } = this.#deps;
    const now = clock.now();
    if (!locked) return events.record(tx, loginFailed(user, client));
    const until = after(now, limits.pair.window * SECOND);
    await Promise.all([
      events.record(tx, loginFailed(user, client), loginLocked(user, client, until)),
      mails.enqueue(tx, {
        template: "account-locked",
        to: user.email,
        locale: toLocale(user.locale),
        data: { name: user.name, at: now, ipAddress: client.ipAddress },
      }),
    ]);
  }

  async #admit(
    attempt: Attempt,
    candidate: Candidate,
    password: string,
    device: RecognisedDevice,
  ): Promise<LoginGrant | "OUTDATED"> {
    const { db, hasher, events, tokens } = this.#deps;
    const obstacle = obstacleTo({ ...candidate.user, tenantStatus: candidate.tenantStatus });
    if (obstacle) {
      await db.transaction(async (tx) => {
        await this.#settle(tx, attempt, "FAILED");
        await events.record(tx, loginFailed(candidate.user, attempt.client, obstacle));
      });
      this.#deps.onOutcome?.("FAILED");
      throw new AppError("FORBIDDEN", { reason: obstacle });
    }
    const opened = await this.#open(attempt, candidate, device);
    if (opened === null) return "OUTDATED";
    this.#deps.onOutcome?.("SUCCESS");
    if (candidate.hash && hasher.needsRehash(candidate.hash))
      await this.#rehash(candidate.user, candidate.hash, password);
    return {
      ...opened,
      tokens: await tokens.issue(opened.session, opened.user),
      deviceToken: device.token,
      // There is no second factor yet that a user could have.
      mfaRecommended: true,
      evictedSessions: [],
    };
  }

  /**
   * The login's one transaction; its statements go out together. Null where the account changed while its old password was
   * being weighed: then nothing is kept.
   */
  async #open(
    attempt: Attempt,
    { user: seen, hash }: Candidate,
    device: RecognisedDevice,
  ): Promise<{ user: User; session: SessionRow } | null> {
    const { db, clock, devices, ids, events, sessions } = this.#deps;
    const { client } = attempt;
    const id = ids.next<SessionId>();
    const methods = ["PASSWORD"] as const;
    return db
      .transaction(async (tx) => {
        // All go out together, and Postgres does them in this order: the first locks the user's row, so the others see what
        // is true behind the lock.
        const admission = updateUserLastLogin(tx, seen.id, clock.now());
        const done = Promise.all([
          admission,
          findCurrentHash(tx, seen.id),
          devices.remember(tx, seen, device, client),
          sessions.open(tx, seen, { id, client, device, methods }),
          this.#settle(tx, attempt, "SUCCESS"),
          events.record(tx, loginSucceeded(seen, client, { sessionId: id, methods, newDevice: !device.known })),
        ]);
        const [user, currentHash, , session] = await done.catch(async (error: unknown) => {
          // What belongs to a user who was deleted meanwhile cannot be inserted.
          if ((await admission) === null) throw new OutdatedError();
          throw error;
        });
        if (user === null || currentHash !== hash) throw new OutdatedError();
        return { user, session };
      })
      .catch((error: unknown) => {
        if (error instanceof OutdatedError) return null;
        throw error;
      });
  }

  /** The password was right: the counters take the attempt back, and the attempt is recorded. */
  async #settle(db: Db, attempt: Attempt, outcome: LoginOutcome): Promise<void> {
    const { ownKeys, sharedKeys } = attempt.limits;
    await Promise.all([
      this.#deps.limits.settle(db, { reset: ownKeys, giveBack: sharedKeys }),
      this.#record(db, attempt, outcome),
    ]);
  }

  async #record(db: Db, { identifier, client, candidate }: Attempt, outcome: LoginOutcome): Promise<void> {
    const id = this.#deps.ids.next<LoginAttemptId>();
    await insertLoginAttempt(db, {
      id,
      occurredAt: timeOfId(id),
      tenantId: candidate?.user.tenantId ?? null,
      userId: candidate?.user.id ?? null,
      identifier,
      outcome,
      risk: NO_RISK,
      ipAddress: client.ipAddress,
      device: client.device,
      location: client.location,
    });
  }

  /**
   * A hash made elsewhere, or with other parameters, gives way to ours. The login has succeeded by now: where the queue is
   * busy or the database away it is put off to the next one.
   */
  async #rehash(user: User, oldHash: string, password: string): Promise<void> {
    const { db, hasher } = this.#deps;
    await hasher
      .hash(password)
      .then((newHash) => updatePasswordHash(db, user.id, oldHash, newHash))
      .catch(() => {});
  }
}

/** Rolls the transaction back; never leaves this file. */
class OutdatedError extends Error {}
