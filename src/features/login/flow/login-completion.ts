import type { SecurityLog } from "#features/audit/index";
import type { Delivery, PendingLink } from "#features/challenges/index";
import type { DevicesService, RecognisedDevice } from "#features/devices/index";
import type { LinksService } from "#features/links/index";
import { LEVELS } from "#features/risk/index";
import {
  DENY_LOGIN_LINK,
  ENROLMENT_TICKET_LIFETIME,
  type Session,
  type SessionLimit,
  type SessionRow,
  type SessionsService,
  type SessionTokensService,
  type TokenPair,
  ticketOf,
} from "#features/sessions/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { MailQueue } from "#platform/mail/index";
import type { KeyRing } from "#platform/secrets";
import type { TransactionEvents } from "#platform/transaction-events";
import type { Client } from "#shared/client";
import { after } from "#shared/durations";
import { AppError, type ErrorReason } from "#shared/errors";
import type { AuthenticationMethod } from "#shared/factors";
import type { LinkId, PasskeyId, SessionId, SocialAccountId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import type { RiskAssessment } from "#shared/risk";
import type { LoginAttemptLog } from "../attempts/login-attempt-log.ts";
import { NEW_DEVICE } from "../mails/new-device.ts";
import { restsOnSecondFactor } from "../mfa/mfa.policy.ts";
import { accountLinkRequested } from "./account-link.hooks.ts";
import { loginFailed, loginSucceeded, newDevice } from "./login.events.ts";
import { describeClient } from "./login.mails.ts";
import type { LoginOutcome } from "./login.policy.ts";
import { updateUserLastLogin } from "./login.repository.ts";

/** A login that has proved enough. */
export interface ProvedLogin {
  readonly user: User;
  readonly identifier: string;
  readonly client: Client;
  readonly device: RecognisedDevice;
  readonly methods: readonly AuthenticationMethod[];
  /** The passkey among the methods. */
  readonly passkeyId?: PasskeyId | null;
  /** The account at a provider among them. */
  readonly socialAccountId?: SocialAccountId | null;
  /** Set if that account is to be linked by this login. */
  readonly pendingLink?: PendingLink | null;
  /** The session that created the credential that was proved. */
  readonly createdBySession?: SessionId | null;
  /** Whether the session is for nothing but the enrolment of a second factor. */
  readonly enrolmentOnly?: boolean;
  /** Whether the device is the user's own from now on. */
  readonly trustDevice: boolean;
  /** Whether the user has said by mail that it was him. */
  readonly confirmed: boolean;
  readonly risk: RiskAssessment;
  /** Whether a mailed link has just let the user in for the first time: the owner opened it, and need not be told of the device. */
  readonly enteredByMail?: boolean;
  /** Whether the account has a second factor of its own. */
  readonly mfaEnabled: boolean;
  readonly delivery: Delivery;
  /** Whether the user seems to have as many sessions as the tenant allows. */
  readonly sessionsFull: boolean;
}

/** A login that got through. */
export interface LoginGrant {
  readonly user: User;
  readonly session: SessionRow;
  readonly tokens: TokenPair;
  readonly deviceToken: string;
  /** Adds one second factor on this session without a step-up. Null: the user has factors, and proved none of them. */
  readonly enrolmentTicket: string | null;
  readonly mfaRecommended: boolean;
  /** Those that ended so that this one could begin. */
  readonly evictedSessions: readonly Session[];
  readonly delivery: Delivery;
}

export interface LoginCompletionDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keys: Pick<KeyRing, "sign">;
  readonly devices: Pick<DevicesService, "remember">;
  readonly sessions: Pick<SessionsService, "open">;
  readonly sessionLimit: SessionLimit;
  readonly tokens: Pick<SessionTokensService, "issue">;
  readonly events: Pick<SecurityLog, "record">;
  readonly attempts: LoginAttemptLog;
  readonly links: Pick<LinksService, "issue">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly hooks: Pick<TransactionEvents, "raise">;
  /** Told what each attempt came to, once that is sure. */
  readonly onOutcome?: (outcome: LoginOutcome) => void;
}

/** The end of every login, however it was proved: one transaction that opens the session, then its tokens. */
export class LoginCompletion {
  constructor(private readonly deps: LoginCompletionDeps) {}

  /**
   * Opens the session. `use` runs in the same transaction, behind the lock on the user's row: it uses up what was proved,
   * looks whether that is still true, and answers null, or why nothing may be opened; then nothing is kept. "OUTDATED"
   * where the user may not log in any more. `enter` comes before everything else, where the user is only let in by that.
   */
  async complete<Refusal extends string>(
    login: ProvedLogin,
    use: (tx: Db) => Promise<Refusal | null>,
    enter?: (tx: Db) => Promise<Refusal | null>,
  ): Promise<LoginGrant | Refusal | "OUTDATED"> {
    const opened = await this.#open(login, use, enter);
    if (typeof opened === "string") return opened;
    this.deps.onOutcome?.("SUCCESS");
    const { device, delivery, mfaEnabled, risk } = login;
    const mfaRecommended = !mfaEnabled || risk.score >= LEVELS.MEDIUM;
    const tokens = await this.deps.tokens.issue(opened.session, opened.user);
    const { session } = opened;
    const enrolmentTicket = session.enrolmentTicketUntil && ticketOf(this.deps.keys, session.id);
    return { ...opened, tokens, deviceToken: device.token, enrolmentTicket, mfaRecommended, delivery };
  }

  /**
   * What was proved is right, but the account may not log in: the attempt is recorded, with `alongside` in its transaction.
   * Throws FORBIDDEN with the obstacle.
   */
  async keepOut(
    { identifier, user, client, risk }: Pick<ProvedLogin, "identifier" | "user" | "client" | "risk">,
    obstacle: ErrorReason,
    alongside: (tx: Db) => Promise<void> = async () => {},
  ): Promise<never> {
    const { attempts, db, events } = this.deps;
    await db.transaction((tx) =>
      Promise.all([
        alongside(tx),
        attempts.record(tx, { identifier, user, client, outcome: "FAILED", risk }),
        events.record(tx, loginFailed(user, client, obstacle)),
      ]),
    );
    this.deps.onOutcome?.("FAILED");
    throw new AppError("FORBIDDEN", { reason: obstacle });
  }

  async #open<Refusal extends string>(
    login: ProvedLogin,
    use: (tx: Db) => Promise<Refusal | null>,
    enter: ((tx: Db) => Promise<Refusal | null>) | undefined,
  ): Promise<{ user: User; session: SessionRow; evictedSessions: readonly Session[] } | Refusal | "OUTDATED"> {
    const { attempts, clock, devices, events, ids, sessionLimit, sessions } = this.deps;
    const {
      user: seen,
      identifier,
      client,
      device,
      methods,
      passkeyId = null,
      socialAccountId = null,
      createdBySession = null,
      enrolmentOnly = false,
      trustDevice,
      risk,
    } = login;
    const id = ids.next<SessionId>();
    const enrolmentTicketUntil = offersEnrolment(login) ? after(clock.now(), ENROLMENT_TICKET_LIFETIME) : null;
    const credential = { methods, passkeyId, socialAccountId, createdBySession };
    const details = { sessionId: id, methods, newDevice: !device.known };
    // A confirmed device was noted when it was confirmed.
    const known = device.known || login.confirmed;
    return sessionLimit
      .opening(login, async (tx, makeRoom) => {
        const refusedEntry = enter ? await enter(tx) : null;
        if (refusedEntry !== null) throw new RefusedError(refusedEntry);
        // All go out together, and Postgres does them in this order: the first locks the user's row, so the others see what
        // is true behind the lock.
        const steps = [
          updateUserLastLogin(tx, seen.id, clock.now()),
          use(tx),
          makeRoom(),
          devices.remember(tx, seen, { ...device, known }, client, { trust: trustDevice, session: id }),
          sessions.open(tx, seen, { id, client, device, ...credential, enrolmentTicketUntil, enrolmentOnly }),
          attempts.record(tx, { identifier, user: seen, client, outcome: "SUCCESS", risk }),
          events.record(tx, loginSucceeded(seen, client, details)),
          this.#announceDevice(tx, login, id),
        ] as const;
        const [user, refusal, evictedSessions, , session] = await Promise.all(steps).catch(async (error: unknown) => {
          // Not before all of them are over: what one sent after the rollback would stand by itself.
          const [admission, , , remembered] = await Promise.allSettled(steps);
          // What belongs to a user, or to a device, that was deleted meanwhile cannot be inserted.
          if (isGone(admission) || isGone(remembered)) throw new RefusedError("OUTDATED");
          throw error;
        });
        if (user === null || refusal !== null) throw new RefusedError(refusal ?? "OUTDATED");
        const linked = await this.#link(tx, user, login, id);
        if (linked === null) throw new RefusedError("OUTDATED");
        return { user: linked, session, evictedSessions };
      })
      .catch((error: unknown) => {
        if (error instanceof RefusedError) return error.refusal as Refusal | "OUTDATED";
        throw error;
      });
  }

  /** After everything else was used up: linking voids the user's other unfinished logins. */
  async #link(tx: Db, user: User, login: ProvedLogin, session: SessionId): Promise<User | null> {
    const { client, pendingLink: account = null, socialAccountId: id = null } = login;
    if (account === null || id === null) return user;
    const link = { id, account, session, client };
    const [linked = null] = await this.deps.hooks.raise(tx, accountLinkRequested, { user, link });
    return linked;
  }

  /** The owner is told of every new device that they have not confirmed by mail, and can deny the login. */
  async #announceDevice(tx: Db, login: ProvedLogin, sessionId: SessionId): Promise<void> {
    const { user, client, device, confirmed, enteredByMail = false } = login;
    if (device.known || confirmed) return;
    const told = enteredByMail ? [] : [this.#mailNewDevice(tx, login, sessionId)];
    await Promise.all([this.deps.events.record(tx, newDevice(user, client, sessionId)), ...told]);
  }

  async #mailNewDevice(
    tx: Db,
    { user, identifier, client, risk, socialAccountId = null }: ProvedLogin,
    sessionId: SessionId,
  ): Promise<void> {
    const { clock, ids, links, mails } = this.deps;
    const id = ids.next<LinkId>();
    const payload = { login: { sessionId, identifier, client, risk, socialAccountId } };
    const { name, email: to } = user;
    const data = { name, at: clock.now(), ...describeClient(client) };
    await Promise.all([
      links.issue(tx, { id, user, purpose: DENY_LOGIN_LINK, payload }),
      mails.enqueue(tx, NEW_DEVICE, { to, locale: toLocale(user.locale), data, link: { id } }),
    ]);
  }
}

/** Who has no second factor may add the first one just after a login, and who has proved one may add another. */
const offersEnrolment = ({ enrolmentOnly, mfaEnabled, methods }: ProvedLogin): boolean =>
  !enrolmentOnly && (!mfaEnabled || restsOnSecondFactor(methods));

const isGone = (step: PromiseSettledResult<unknown>): boolean => step.status === "fulfilled" && !step.value;

/** Rolls the transaction back; never leaves this file. */
class RefusedError extends Error {
  readonly refusal: string;

  constructor(refusal: string) {
    super(refusal);
    this.refusal = refusal;
  }
}
