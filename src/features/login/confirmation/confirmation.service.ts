import type { SecurityLog } from "#features/audit/index";
import { type ChallengesService, type PendingLogin, parseNumber } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { LinksService } from "#features/links/index";
import { findUserForUpdate } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { Client } from "#shared/client";
import { AppError, badInput } from "#shared/errors";
import { maskEmail } from "#shared/masked-email";
import { loginConfirmed } from "../flow/login.events.ts";
import type { LoginStep, LoginStrategy, Verified } from "../flow/login.ts";
import type { LoginFlow } from "../flow/login-flow.ts";
import { loginOfChallenge } from "../flow/pending-login.ts";
import { CONFIRM_LOGIN_LINK } from "../link-purposes.ts";

export interface ConfirmationDeps {
  readonly db: Db;
  readonly challenges: Pick<ChallengesService, "get" | "confirm" | "consume" | "numberOf" | "isNumberOf">;
  readonly links: Pick<LinksService, "find" | "consume">;
  readonly devices: Pick<DevicesService, "confirm">;
  readonly flow: Pick<LoginFlow, "logIn">;
  readonly events: Pick<SecurityLog, "record">;
}

/** The user's answer to the mail about an unusual login. */
export interface Confirmation {
  readonly token: string;
  /** As the user typed it. */
  readonly number: string;
  /** Whether the user says that the device is theirs. */
  readonly trustDevice: boolean;
}

/** What came of the answer: the login that goes on, or whether the number was that of another one. */
interface Answered {
  readonly pending: PendingLogin | null;
  readonly wrongNumber: boolean;
}

const TOO_LATE: Answered = { pending: null, wrongNumber: false };

/** Logins that wait for their user to confirm them by mail: answered on any device, finished on the one that waits. */
export class ConfirmationService implements LoginStrategy<string> {
  constructor(private readonly deps: ConfirmationDeps) {}

  /**
   * It was the user: the waiting client may open its session, on a device that is known from then on. Who types another number
   * than the one the client shows has not begun this login: it ends, and the link is used up. That denies nothing, as the user
   * may only have mistyped.
   * @throws {AppError} BAD_USER_INPUT for anything but two digits, which uses nothing up; INVALID_TOKEN; INVALID_CODE
   */
  async confirm({ token, number, trustDevice }: Confirmation, client: Client): Promise<PendingLogin> {
    const { challenges, db, devices, events, links } = this.deps;
    const digits = parseNumber(number);
    if (digits === null) throw badInput({ path: "input.number", message: "Type the two digits that are shown." });
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
        message: "This is not the number that was shown. The login has ended: log in again.",
      });
    if (pending === null) throw new AppError("INVALID_TOKEN");
    return pending;
  }

  /**
   * Gives the client that waits its session, once the login was confirmed; until then, what it waits for.
   * @throws {AppError} as `verify`
   */
  resume(challenge: string, client: Client): Promise<LoginStep> {
    return this.deps.flow.logIn(() => this.verify(challenge, client));
  }

  /**
   * @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED, FORBIDDEN/LOGIN_DENIED, BAD_REQUEST for a login that waits for a second
   * factor
   */
  async verify(challenge: string, client: Client): Promise<Verified> {
    const { challenges } = this.deps;
    const pending = await challenges.get(challenge);
    if (pending.reason) throw new AppError("BAD_REQUEST", { message: "This login waits for a second factor." });
    if (pending.status === "WAITING") {
      const { expiresAt, id, user } = pending;
      const sentTo = maskEmail(user.email);
      return { step: { challenge, number: challenges.numberOf(id), sentTo, expiresAt } };
    }
    // Whether the device is trusted was said on confirming.
    const stage = { stage: { kind: "CONFIRMED" }, trustDevice: false } as const;
    return { login: { ...loginOfChallenge(challenges, pending, client), ...stage } };
  }
}
