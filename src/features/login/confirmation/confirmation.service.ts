import type { SecurityLog } from "#features/audit/index";
import { type ChallengesService, challengeExpired, type PendingLogin, parseNumber } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { LinksService } from "#features/links/index";
import { findUserForUpdate } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { Client } from "#shared/client";
import { AppError, badInput } from "#shared/errors";
import { maskEmail } from "#shared/masked-email";
import { loginConfirmed } from "../flow/login.events.ts";
import { obstacleTo } from "../flow/login.policy.ts";
import type { LoginCompletion, LoginGrant } from "../flow/login-completion.ts";
import type { ConfirmationStep } from "../flow/login-steps.ts";
import { CONFIRM_LOGIN_LINK } from "../link-purposes.ts";

export interface ConfirmationDeps {
  readonly db: Db;
  readonly challenges: Pick<ChallengesService, "get" | "confirm" | "consume" | "numberOf" | "isNumberOf">;
  readonly links: Pick<LinksService, "find" | "consume">;
  readonly devices: Pick<DevicesService, "confirm">;
  readonly completion: LoginCompletion;
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

/** Logins that wait for their user to confirm them by mail: answered on any device, finished on the one that waits. */
export class ConfirmationService {
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
    const confirmed = await db.transaction(async (tx): Promise<PendingLogin | "WRONG_NUMBER" | null> => {
      const user = await findUserForUpdate(tx, link.userId);
      if (!user || !(await links.consume(tx, CONFIRM_LOGIN_LINK, token))) return null;
      const id = link.payload.challengeId;
      if (!challenges.isNumberOf(id, digits)) return (await challenges.consume(tx, id)) ? "WRONG_NUMBER" : null;
      const pending = await challenges.confirm(tx, id);
      if (!pending) return null;
      await devices.confirm(tx, user, pending.recognised, pending.client, { trust: trustDevice });
      await events.record(tx, loginConfirmed(user, client));
      return pending;
    });
    if (!confirmed) throw new AppError("INVALID_TOKEN");
    if (confirmed === "WRONG_NUMBER")
      throw new AppError("INVALID_CODE", {
        attemptsLeft: 0,
        message: "This is not the number that was shown. The login has ended: log in again.",
      });
    return confirmed;
  }

  /**
   * Gives the client that waits its session, once the login was confirmed; until then, what it waits for. Throws
   * INVALID_TOKEN/CHALLENGE_EXPIRED, FORBIDDEN/LOGIN_DENIED, BAD_REQUEST for a login that waits for a second factor.
   */
  async resume(challenge: string, client: Client): Promise<LoginGrant | ConfirmationStep> {
    const { challenges, completion } = this.deps;
    const pending = await challenges.get(challenge);
    if (pending.reason) throw new AppError("BAD_REQUEST", { message: "This login waits for a second factor." });
    const { user, tenantStatus, recognised: device } = pending;
    if (pending.status === "WAITING") {
      const { expiresAt, id } = pending;
      return { challenge, number: challenges.numberOf(id), sentTo: maskEmail(user.email), expiresAt };
    }
    if (obstacleTo({ ...user, tenantStatus })) throw challengeExpired();
    const proved = {
      ...pending,
      device,
      // The name that the device was given when the login began; the address is the one it ends at.
      client: { ...client, device: pending.client.device },
      // Said on confirming.
      trustDevice: false,
      confirmed: true,
      mfaEnabled: false,
    };
    const grant = await completion.complete(proved, async (tx) =>
      (await challenges.consume(tx, pending.id)) ? null : "SPENT",
    );
    if (grant === "SPENT" || grant === "OUTDATED") throw challengeExpired();
    return grant;
  }
}
