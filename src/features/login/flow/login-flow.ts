import type { AuditLog } from "#features/audit/index";
import type { ChallengesService, CreatedChallenge } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import { LEVELS } from "#features/risk/index";
import {
  ENROLMENT_TICKET_LIFETIME_MS,
  type SessionLimit,
  type SessionsService,
  type SessionTokensService,
  ticketOf,
} from "#features/sessions/index";
import { findUserForUpdate, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { together } from "#platform/database/together";
import type { Ids } from "#platform/ids";
import type { KeyRing } from "#platform/secrets";
import type { TransactionEvents } from "#platform/transaction-events";
import { after } from "#shared/durations";
import { AppError, assertNever } from "#shared/errors";
import type { SessionId } from "#shared/ids";
import { maskEmail } from "#shared/masked-email";
import type { LoginAttemptLog } from "../attempts/login-attempt-log.ts";
import { accountLinkRequested } from "../login.hooks.ts";
import { hasSecondFactor } from "../mfa/mfa.policy.ts";
import { loginFailed, loginSucceeded, newDevice } from "./login.events.ts";
import { type AccountBlockReason, accountBlockReason } from "./login.policy.ts";
import { findCredentialSnapshot, updateUserLastLogin } from "./login.repository.ts";
import {
  type IssuedLogin,
  type Login,
  type LoginEnd,
  type LoginFlowResult,
  LoginOutdated,
  type Verified,
} from "./login.ts";
import type { LoginMails } from "./login-mails.ts";
import { isStillVerified, type NextStep, nextStep } from "./next-step.ts";

export interface LoginFlowDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: Pick<KeyRing, "sign">;
  readonly challenges: Pick<ChallengesService, "create" | "numberOf">;
  readonly devices: Pick<DevicesService, "recordLogin">;
  readonly sessions: Pick<SessionsService, "open">;
  readonly sessionLimit: SessionLimit;
  readonly tokens: Pick<SessionTokensService, "issue">;
  readonly attempts: Pick<LoginAttemptLog, "record">;
  readonly events: Pick<AuditLog, "record">;
  readonly loginMails: LoginMails;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

/** How many times a login is verified if the account changes concurrently. */
const MAX_ATTEMPTS = 4;

/**
 * The flow of every login, whatever its factor: authenticate → check the account → decide → commit. Nothing else opens a
 * session. See the diagram in docs/architecture.md.
 */
export class LoginFlow {
  constructor(private readonly deps: LoginFlowDeps) {}

  /**
   * @param authenticate verifies a factor (`LoginStrategy`)
   * @returns a session, or the next step
   * @throws {AppError} the errors of `authenticate`; FORBIDDEN with the reason if the account may not log in; RATE_LIMITED if too
   * many codes or confirmations were mailed; SERVICE_UNAVAILABLE if the account changes during every try
   */
  async logIn(authenticate: () => Promise<Verified>): Promise<LoginFlowResult> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++)
      try {
        const verified = await authenticate();
        return "step" in verified ? verified.step : await this.#continueLogin(verified.login);
      } catch (error) {
        if (!(error instanceof LoginOutdated)) throw error;
      }
    throw new AppError("SERVICE_UNAVAILABLE", { retryAfter: 1 });
  }

  /** As `logIn`, for a login that needs no further step (next-step.ts). */
  async finish(authenticate: () => Promise<Verified>): Promise<IssuedLogin> {
    const step = await this.logIn(authenticate);
    if ("session" in step) return step;
    throw new Error("This login must not need another step.");
  }

  async #continueLogin(login: Login): Promise<LoginFlowResult> {
    const { risk, stage, user } = login;
    let end: LoginEnd = "FAILED";
    try {
      await this.#check(login);
      const next = nextStep(stage, { user, risk, mailboxVerified: methodsOf(login).includes("EMAIL_CODE") });
      const step = await this.#commit(login, next);
      end = "COMMITTED";
      return step;
    } catch (error) {
      if (!(error instanceof LoginOutdated)) throw error;
      end = "OUTDATED";
      throw error.reason === "ACCOUNT_CHANGED" && login.outdated ? login.outdated() : error;
    } finally {
      await login.releaseLimits?.(end);
    }
  }

  /**
   * The factors are valid, but the account may not log in. The factors are consumed nevertheless, because their bearer could
   * otherwise log in with them once the reason is gone.
   * @throws {AppError} FORBIDDEN with `blockReason`
   */
  async refuse(
    { identifier, user, client, risk, factors }: Pick<Login, "identifier" | "user" | "client" | "risk" | "factors">,
    blockReason: AccountBlockReason,
  ): Promise<never> {
    const { attempts, db, events } = this.deps;
    await db.transaction((tx) =>
      together(
        ...factors.filter(({ keptIfRefused }) => !keptIfRefused).map((factor) => factor.consume(tx, client)),
        attempts.record(tx, { identifier, user, client, outcome: "FAILED", risk }),
        events.record(tx, loginFailed(user, client, blockReason)),
      ),
    );
    throw new AppError("FORBIDDEN", { reason: blockReason });
  }

  /** Only a caller with valid factors learns why the account may not log in. */
  async #check(login: Login): Promise<void> {
    // The commit creates or admits the user of a mailed link.
    const blockReason = login.stage.kind === "MAILED_LINK" ? null : accountBlockReason(login.user, login.homeStatus);
    if (blockReason === null) return;
    if (login.outdated) throw login.outdated();
    await this.refuse(login, blockReason);
  }

  #commit(login: Login, next: NextStep): Promise<LoginFlowResult> {
    switch (next.kind) {
      case "SESSION":
        return this.#openSession(login, next.enrolmentOnly ?? false);
      case "SECOND_FACTOR":
      case "CONFIRMATION":
        return this.#beginChallenge(login, next);
      default:
        return assertNever(next);
    }
  }

  /** The end of every successful login: one transaction opens the session, then its tokens are issued. */
  async #openSession(login: Login, enrolmentOnly: boolean): Promise<IssuedLogin> {
    const { attempts, clock, events, ids, keyRing, sessionLimit, sessions, tokens } = this.deps;
    const { identifier, client, delivery, device, risk, stage, trustDevice: trust, user: seen } = login;
    const id = ids.next<SessionId>();
    const credential = credentialOf(login);
    const { methods } = credential;
    const enrolmentTicketUntil = enrolmentOnly ? null : after(clock.now(), ENROLMENT_TICKET_LIFETIME_MS);
    const opened = await sessionLimit.withSessionSlot(login, async (tx, evict) => {
      if (stage.kind === "MAILED_LINK") await this.#consume(tx, login);
      // The statements are sent together and Postgres executes them in this order, so those after the lock read the current state.
      const [user, , , evictedSessions, , session] = await together(
        this.#lock(tx, login),
        this.#recheck(tx, login),
        stage.kind !== "MAILED_LINK" && this.#consume(tx, login),
        evict(),
        this.#remember(tx, login, id, trust),
        sessions.open(tx, seen, { id, client, device, ...credential, enrolmentTicketUntil, enrolmentOnly }),
        attempts.record(tx, { identifier, user: seen, client, outcome: "SUCCESS", risk }),
        events.record(tx, loginSucceeded(seen, client, { sessionId: id, methods, newDevice: !device.known })),
        this.#notifyOfNewDevice(tx, login, id),
      );
      return { user: await this.#link(tx, user, login, id), session, evictedSessions };
    });
    return {
      ...opened,
      tokens: await tokens.issue(opened.session, opened.user),
      deviceToken: device.token,
      enrolmentTicket: enrolmentTicketUntil && ticketOf(keyRing, id),
      mfaRecommended: !hasSecondFactor(methods) || risk.score >= LEVELS.MEDIUM,
      delivery,
    };
  }

  /** Stores the login until its user completes a second factor or confirms the login by mail. */
  async #beginChallenge(login: Login, next: Exclude<NextStep, { kind: "SESSION" }>): Promise<LoginFlowResult> {
    const { attempts, challenges, db } = this.deps;
    const { identifier, client, delivery, device: recognised, risk, homeStatus } = login;
    const { factors, reason } = next.kind === "SECOND_FACTOR" ? next : { factors: [], reason: null };
    const { passkeyId: _, ...credential } = credentialOf(login);
    const pendingLink = pendingLinkOf(login);
    const { challenge, retryAfter } = await db.transaction(async (tx) => {
      const [user] = await together(findUserForUpdate(tx, login.user.id), this.#recheck(tx, login));
      // Since the factors were verified, the user was deleted or suspended, or denied another login. They must not be asked again.
      if (user === null || accountBlockReason(user, homeStatus) !== null) throw new LoginOutdated("ACCOUNT_CHANGED");
      const challengeDetails = { reason, factors: [...factors], identifier, delivery, risk, client, recognised };
      const [challenge] = await together(
        challenges.create(tx, { ...credential, ...challengeDetails, user, pendingLink }),
        this.#consume(tx, login),
        attempts.record(tx, { identifier, user, client, outcome: "CHALLENGED", risk }),
      );
      return { challenge, retryAfter: await this.#ask(tx, user, login, next, challenge) };
    });
    if (retryAfter !== null) throw new AppError("RATE_LIMITED", { retryAfter });
    const { id, token, expiresAt } = challenge;
    const sentTo = maskEmail(login.user.email);
    if (next.kind === "CONFIRMATION") return { challenge: token, number: challenges.numberOf(id), sentTo, expiresAt };
    const isMailed = next.factors.includes("EMAIL_CODE");
    return { challenge: token, reason: next.reason, factors, codeSentTo: isMailed ? sentTo : null, expiresAt };
  }

  /** @returns null, or the seconds to wait if too much was mailed; the attempt is recorded in either case */
  async #ask(
    tx: Db,
    user: User,
    { client }: Login,
    next: NextStep,
    challenge: CreatedChallenge,
  ): Promise<number | null> {
    const { loginMails } = this.deps;
    if (next.kind === "CONFIRMATION") return loginMails.askToConfirm(tx, user, challenge, client);
    const isMailed = next.kind === "SECOND_FACTOR" && next.factors.includes("EMAIL_CODE");
    return isMailed ? loginMails.sendCode(tx, user, challenge, client) : null;
  }

  /** Locks the user's row and records the login. A concurrent suspension of the user or the tenant takes precedence. */
  async #lock(tx: Db, { user: { id } }: Login): Promise<User> {
    const user = await updateUserLastLogin(tx, id, this.deps.clock.now());
    if (user === null) throw new LoginOutdated("ACCOUNT_CHANGED");
    return user;
  }

  /** Checks that the decision still holds. Later stages depend on a challenge, which any change of the account invalidates. */
  async #recheck(tx: Db, { stage, user }: Login): Promise<void> {
    if (stage.kind !== "FIRST_FACTOR") return;
    if (!isStillVerified(stage.rests, await findCredentialSnapshot(tx, user.id)))
      throw new LoginOutdated("ACCOUNT_CHANGED");
  }

  async #consume(tx: Db, { client, factors }: Login): Promise<void> {
    const consumed = await together(...factors.map((factor) => factor.consume(tx, client)));
    if (consumed.includes(null)) throw new LoginOutdated("FACTOR_CONSUMED");
  }

  async #remember(tx: Db, { client, device, stage, user }: Login, session: SessionId, trust: boolean): Promise<void> {
    // The device of a confirmed login was recorded when the login was confirmed.
    const known = device.known || stage.kind === "CONFIRMED";
    const isThere = await this.deps.devices.recordLogin(tx, user, { ...device, known }, client, { trust, session });
    if (!isThere) throw new LoginOutdated("ACCOUNT_CHANGED");
  }

  /** Notifies the owner of a new device, with a link to deny the login, unless they have confirmed the login by mail. */
  async #notifyOfNewDevice(tx: Db, login: Login, id: SessionId): Promise<void> {
    const { events, loginMails } = this.deps;
    const { client, device, stage, user } = login;
    if (device.known || stage.kind === "CONFIRMED") return;
    const { socialAccountId } = credentialOf(login);
    await Promise.all([
      events.record(tx, newDevice(user, client, id)),
      // The owner has just opened the link.
      stage.kind !== "MAILED_LINK" && loginMails.notifyOfNewDevice(tx, login, { id, socialAccountId }),
    ]);
  }

  /** Runs after everything else was consumed, because linking an account revokes the user's other unfinished logins. */
  async #link(tx: Db, user: User, login: Login, session: SessionId): Promise<User> {
    const { socialAccountId: id } = credentialOf(login);
    const account = pendingLinkOf(login);
    if (account === null || id === null) return user;
    const [linked = null] = await this.deps.hooks.raise(tx, accountLinkRequested, {
      user,
      id,
      account,
      session,
      client: login.client,
    });
    if (linked === null) throw new LoginOutdated("ACCOUNT_CHANGED");
    return linked;
  }
}

const methodsOf = ({ factors }: Login) => factors.flatMap(({ methods }) => methods);

const pendingLinkOf = ({ factors }: Login) => factors.find(({ pendingLink }) => pendingLink)?.pendingLink ?? null;

/** What the session or challenge is based on. `createdBySession` is that of the last factor that has one. */
const credentialOf = (login: Login) => ({
  methods: methodsOf(login),
  passkeyId: login.factors.find(({ passkeyId }) => passkeyId)?.passkeyId ?? null,
  socialAccountId: login.factors.find(({ socialAccountId }) => socialAccountId)?.socialAccountId ?? null,
  createdBySession: login.factors.findLast(({ createdBySession }) => createdBySession)?.createdBySession ?? null,
});
