import type { AuditLog } from "#features/audit/index";
import { type ChallengesService, type PendingLogin, parseNumber } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { LinksService } from "#features/links/index";
import { findUserForUpdate } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { ClientInfo } from "#shared/client-info";
import { AppError, badInput } from "#shared/errors";
import { maskEmail } from "#shared/masked-email";
import { loginConfirmed } from "../flow/login.events.ts";
import type { LoginFlowResult, LoginStrategy, Verified } from "../flow/login.ts";
import type { LoginFlow } from "../flow/login-flow.ts";
import { loginOfChallenge } from "../flow/pending-login.ts";
import { CONFIRM_LOGIN_LINK } from "../link-purposes.ts";

export interface ConfirmationDeps {
  readonly db: Db;
  readonly challenges: Pick<
    ChallengesService,
    "get" | "findWaiting" | "confirm" | "consume" | "numberOf" | "isNumberOf"
  >;
  readonly links: Pick<LinksService, "find" | "consume">;
  readonly devices: Pick<DevicesService, "confirm">;
  readonly flow: Pick<LoginFlow, "logIn">;
  readonly events: Pick<AuditLog, "record">;
}

/** The user's answer to the mail about an unusual login. */
export interface Confirmation {
  readonly token: string;
  /** As entered by the user. */
  readonly number: string;
  /** Whether the user trusts the device. */
  readonly trustDevice: boolean;
}

/** The outcome of an answer: the login to continue, or whether the number did not match. */
interface Answered {
  readonly pending: PendingLogin | null;
  readonly wrongNumber: boolean;
}

const TOO_LATE: Answered = { pending: null, wrongNumber: false };

/** Logins that wait for confirmation by mail. They are confirmed on any device and completed on the one that waits. */
export class ConfirmationService implements LoginStrategy<string> {
  constructor(private readonly deps: ConfirmationDeps) {}

  /**
   * The login that a mailed link is about, for its page, which asks whether it was the user; null if the link is not valid, or the
   * login no longer waits. This consumes nothing.
   */
  async findWaiting(token: string): Promise<PendingLogin | null> {
    const { challenges, db, links } = this.deps;
    const link = await links.find(db, CONFIRM_LOGIN_LINK, token);
    return link && challenges.findWaiting(link.payload.challengeId);
  }

  /**
   * Confirms the login: the waiting client may open its session, and its device becomes known. A user who enters another number than
   * the client shows did not start this login, so it ends, and the link is consumed. This does not count as a denial, because the user
   * may have mistyped.
   * @throws {AppError} BAD_USER_INPUT for anything but two digits, which consumes nothing; INVALID_TOKEN; INVALID_CODE
   */
  async confirm({ token, number, trustDevice }: Confirmation, client: ClientInfo): Promise<PendingLogin> {
    const { challenges, db, devices, events, links } = this.deps;
    const digits = parseNumber(number);
    if (digits === null) throw badInput({ path: "input.number", message: "Enter the two digits that are shown." });
    const link = await links.find(db, CONFIRM_LOGIN_LINK, token);
    if (!link) throw new AppError("INVALID_TOKEN");
    const { pending, wrongNumber } = await db.transaction(async (tx): Promise<Answered> => {
      const user = await findUserForUpdate(tx, link.userId);
      if (!user || !(await links.consume(tx, CONFIRM_LOGIN_LINK, token))) return TOO_LATE;
      const id = link.payload.challengeId;
      if (!challenges.isNumberOf(id, digits)) return { pending: null, wrongNumber: await challenges.consume(tx, id) };
      const pending = await challenges.confirm(tx, id);
      if (!pending) return TOO_LATE;
      await devices.confirm(tx, user, pending.recognised, pending.client, { trust: trustDevice });
      await events.record(tx, loginConfirmed(user, client));
      return { pending, wrongNumber: false };
    });
    if (wrongNumber)
      throw new AppError("INVALID_CODE", {
        attemptsLeft: 0,
        message: "This is not the number that was shown. The login has ended. Log in again.",
      });
    if (pending === null) throw new AppError("INVALID_TOKEN");
    return pending;
  }

  /**
   * Gives the waiting client its session once the login is confirmed; until then, the confirmation step again.
   * @throws {AppError} as `verify`
   */
  resume(challenge: string, client: ClientInfo): Promise<LoginFlowResult> {
    return this.deps.flow.logIn(() => this.verify(challenge, client));
  }

  /**
   * @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED, FORBIDDEN/LOGIN_DENIED, BAD_REQUEST for a login that waits for a second
   * factor
   */
  async verify(challenge: string, client: ClientInfo): Promise<Verified> {
    const { challenges } = this.deps;
    const pending = await challenges.get(challenge);
    if (pending.reason) throw new AppError("BAD_REQUEST", { message: "This login waits for a second factor." });
    if (pending.status === "WAITING") {
      const { expiresAt, id, user } = pending;
      const sentTo = maskEmail(user.email);
      return { step: { challenge, number: challenges.numberOf(id), sentTo, expiresAt } };
    }
    // Trust in the device was decided when the login was confirmed.
    const stage = { stage: { kind: "CONFIRMED" }, trustDevice: false } as const;
    return { login: { ...loginOfChallenge(challenges, pending, client), ...stage } };
  }
}
