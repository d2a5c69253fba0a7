import type { Clock } from "../clock.ts";
import type { Task } from "../jobs/jobs.ts";
import type { Logger } from "../logging.ts";
import { type MailDelivery, mailDelivery } from "./delivery.ts";
import type { Counted } from "./mail-budgets.ts";
import { type CodeReference, MAILS, type ResolvedCode, type ResolvedLink, type ResolvedSecret } from "./mails.ts";
import type { MailTemplates } from "./templates.ts";
import { type MailTransport, MailTransportError } from "./transport.ts";

export interface MailerOptions {
  readonly templates: MailTemplates;
  readonly transport: MailTransport;
  /** The link of that id, or null when it was used, replaced or has expired. */
  readonly resolveLink: (linkId: string) => Promise<ResolvedLink | null>;
  /** The code that this names, or null when it was used, replaced or has expired. */
  readonly resolveCode: (code: CodeReference) => Promise<ResolvedCode | null>;
  /** Takes the mail from its recipient's budget. Returns seconds until there is room, 0 if there was. */
  readonly takeBudget: (mail: Counted) => Promise<number>;
  /** Keeps a notice for a digest; false if it is none. */
  readonly hold: (mail: MailDelivery, retryAfter: number) => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

/** Renders waiting mails and hands them to the transport. */
export class Mailer {
  readonly #options: MailerOptions;

  constructor(options: MailerOptions) {
    this.#options = options;
  }

  /** The task behind `MailQueue.enqueue`. A throw means: try again later. */
  readonly deliver: Task = async (payload, { attempt }) => {
    const { clock, templates, transport, log } = this.#options;
    // A payload of a newer version fails here, and is tried again by a replica that knows it (rolling deploy).
    const delivery = mailDelivery.parse(payload);
    const { id, template, to, locale, data } = delivery;
    const mail = { mailId: id, template };

    if (delivery.budget && attempt === 1 && !(await this.#admit(delivery))) return;
    const secret = await this.#resolveSecret(delivery);
    if (secret === null) {
      log.info(mail, "mail dropped: its link or code is used, replaced or expired");
      return;
    }
    // Jobs of earlier versions do not say when somebody registered: it was a moment ago.
    const rendered = templates.render(
      template,
      locale,
      MAILS[template].data.parse({ at: clock.now(), ...data }),
      secret,
    );
    try {
      await transport.send({ id, to, ...rendered });
      log.info(mail, "mail handed over");
    } catch (error) {
      if (!(error instanceof MailTransportError && error.permanent)) throw error;
      log.warn({ ...mail, failure: error.message }, "mail given up: it was refused for good");
    }
  };

  /** Beyond the recipient's budget notices wait for the digest, and everything else is not sent. */
  async #admit(delivery: MailDelivery): Promise<boolean> {
    const { hold, log, takeBudget } = this.#options;
    const retryAfter = await takeBudget(delivery);
    if (retryAfter === 0) return true;
    const held = await hold(delivery, retryAfter);
    const { budget, id: mailId, template } = delivery;
    if (held) log.info({ mailId, template, budget }, "mail held for a digest");
    else log.info({ mailId, template, budget }, "mail not sent: the recipient's budget is spent");
    return false;
  }

  /** The link or the code that the mail carries: undefined where it carries none, null where it is alive no longer. */
  async #resolveSecret({ link, code }: MailDelivery): Promise<ResolvedSecret | null | undefined> {
    const { resolveLink, resolveCode, clock } = this.#options;
    const secret = link ? await resolveLink(link.id) : code && (await resolveCode(code));
    return secret && secret.expiresAt <= clock.now() ? null : secret;
  }
}
