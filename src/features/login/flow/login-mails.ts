import type { CreatedChallenge } from "#features/challenges/index";
import { observedDevice } from "#features/devices/index";
import type { LinksService } from "#features/links/index";
import { DENY_LOGIN_LINK } from "#features/sessions/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import type { LinkId, SessionId, SocialAccountId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { CONFIRM_LOGIN_LINK } from "../link-purposes.ts";
import { NEW_DEVICE } from "../mails/new-device.ts";
import { NEW_LOGIN_CONFIRMATION } from "../mails/new-login-confirmation.ts";
import type { EmailCodesService } from "../second-factors/email-code/email-codes.service.ts";
import type { Login } from "./login.ts";

interface LoginMailsDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly links: Pick<LinksService, "issue">;
  readonly emailCodes: Pick<EmailCodesService, "sendForLogin">;
  readonly mails: Pick<MailQueue, "reserve" | "enqueue">;
}

/** The mails of a login, sent in its transaction. */
export class LoginMails {
  constructor(private readonly deps: LoginMailsDeps) {}

  /** Mails the code for the challenge. @returns null, or the seconds to wait if too many were mailed */
  async sendCode(tx: Db, user: User, { id: subject }: CreatedChallenge, client: ClientInfo): Promise<number | null> {
    const sent = await this.deps.emailCodes.sendForLogin(tx, { user, subject, client });
    return sent.outcome === "SENT" ? null : sent.retryAfter;
  }

  /** Asks the user to confirm that the login is theirs. @returns null, or the seconds to wait if too many were mailed */
  async askToConfirm(tx: Db, user: User, challenge: CreatedChallenge, client: ClientInfo): Promise<number | null> {
    const { clock, links, mails } = this.deps;
    const admission = await mails.reserve(tx, NEW_LOGIN_CONFIRMATION, { to: user.email });
    if (!admission.reserved) return admission.retryAfter;
    const payload = { challengeId: challenge.id };
    const link = await links.issue(tx, { user, purpose: CONFIRM_LOGIN_LINK, payload });
    const { name, email: to } = user;
    const data = { name, at: clock.now(), ...describeClient(client) };
    const locale = toLocale(user.locale);
    await mails.enqueue(tx, NEW_LOGIN_CONFIRMATION, { to, locale, data, link }, { reserved: true });
    return null;
  }

  /** Notifies the user of a new device, with a link that denies the login. */
  async notifyOfNewDevice(
    tx: Db,
    { user, identifier, client, risk }: Login,
    session: { readonly id: SessionId; readonly socialAccountId: SocialAccountId | null },
  ): Promise<void> {
    const { clock, ids, links, mails } = this.deps;
    const id = ids.next<LinkId>();
    const { id: sessionId, socialAccountId } = session;
    const payload = { login: { sessionId, identifier, client, risk, socialAccountId } };
    const { name, email: to } = user;
    const data = { name, at: clock.now(), ...describeClient(client) };
    await Promise.all([
      links.issue(tx, { id, user, purpose: DENY_LOGIN_LINK, payload }),
      mails.enqueue(tx, NEW_DEVICE, { to, locale: toLocale(user.locale), data, link: { id } }),
    ]);
  }
}

/** The description of a client in a mail: only what the server observed. Device and location are null if unknown. */
const describeClient = ({ device, ipAddress, location }: ClientInfo) => ({
  device: observedDevice(device),
  ipAddress,
  place: location?.label ?? null,
});
