import type { Clock } from "../clock.ts";
import type { Task } from "../jobs/jobs.ts";
import type { Logger } from "../logging.ts";
import type { MailBrand } from "./brand.ts";
import type { MailCatalogue } from "./catalogue.ts";
import { type MailDelivery, mailDelivery } from "./delivery.ts";
import type { CodeReference, ResolvedCode, ResolvedLink, ResolvedSecret } from "./mail.ts";
import type { MailBudget } from "./mail-budgets.ts";
import { renderMail } from "./render.ts";
import { type MailTransport, MailTransportError } from "./transport.ts";

export interface MailerOptions {
  readonly catalogue: MailCatalogue;
  readonly brand: MailBrand;
  readonly transport: MailTransport;
  /** The link with this id, or null if it was used, replaced or has expired. */
  readonly resolveLink: (linkId: string) => Promise<ResolvedLink | null>;
  /** The code of this reference, or null if it was used, replaced or has expired. */
  readonly resolveCode: (code: CodeReference) => Promise<ResolvedCode | null>;
  /**
   * Consumes from the recipient's budget.
   *
   * @returns seconds until there is room, 0 if there was
   */
  readonly consumeBudget: (mail: { readonly to: string; readonly budget: MailBudget }) => Promise<number>;
  /**
   * Keeps a notice for a digest.
   *
   * @returns false if the mail is not a notice
   */
  readonly hold: (mail: MailDelivery, retryAfter: number) => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

/** Renders queued mails and passes them to the transport. */
export class Mailer {
  constructor(private readonly options: MailerOptions) {}

  /** The task behind `MailQueue.enqueue`. If it throws, it is retried later. */
  readonly deliver: Task = async (payload, { attempt }) => {
    const { brand, catalogue, clock, log, transport } = this.options;
    // A payload of a newer version fails here, and is retried by a replica that knows it (rolling deploy).
    const delivery = mailDelivery.parse(payload);
    const definition = catalogue.get(delivery.template);
    const { id, template, to, locale, data } = delivery;
    const mail = { mailId: id, template };

    if (attempt === 1 && !(await this.#isWithinBudget(delivery))) return;
    const secret = await this.#resolveSecret(delivery);
    if (secret === null) {
      log.info(mail, "mail dropped, because its link or code is used, replaced or expired");
      return;
    }
    // Jobs of earlier versions do not contain the time of the registration, which was a moment ago.
    const parsed = definition.data.parse({ at: clock.now(), ...data });
    const rendered = renderMail(definition, { brand, locale, data: parsed, secret });
    try {
      await transport.send({ id, to, ...rendered });
      log.info(mail, "mail accepted by the mail server");
    } catch (error) {
      if (!(error instanceof MailTransportError && error.permanent)) throw error;
      log.warn({ ...mail, failure: error.message }, "mail discarded, because it cannot be delivered");
    }
  };

  /** If the recipient's budget is exhausted, notices are held for the digest, and other mails are not sent. */
  async #isWithinBudget(delivery: MailDelivery): Promise<boolean> {
    const { hold, log, consumeBudget } = this.options;
    const { budget, id: mailId, template, to } = delivery;
    const retryAfter = budget ? await consumeBudget({ to, budget }) : 0;
    if (retryAfter === 0) return true;
    const held = await hold(delivery, retryAfter);
    if (held) log.info({ mailId, template, budget }, "mail held for a digest");
    else log.info({ mailId, template, budget }, "mail not sent, because the recipient's budget is exhausted");
    return false;
  }

  /** The link or code in the mail: undefined without one, null if it is no longer valid. */
  async #resolveSecret({ link, code }: MailDelivery): Promise<ResolvedSecret | null | undefined> {
    const { resolveLink, resolveCode, clock } = this.options;
    const secret = link ? await resolveLink(link.id) : code && (await resolveCode(code));
    return secret && secret.expiresAt <= clock.now() ? null : secret;
  }
}
