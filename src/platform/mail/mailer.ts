import type { Clock } from "../clock.ts";
import type { Task } from "../jobs/jobs.ts";
import type { Logger } from "../logging.ts";
import { mailDelivery } from "./delivery.ts";
import { MAILS, type ResolvedLink } from "./mails.ts";
import type { MailTemplates } from "./templates.ts";
import { type MailTransport, MailTransportError } from "./transport.ts";

export interface MailerOptions {
  readonly templates: MailTemplates;
  readonly transport: MailTransport;
  /** The link of that id, or null when it was used, replaced or has expired. */
  readonly resolveLink: (linkId: string) => Promise<ResolvedLink | null>;
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
  readonly deliver: Task = async (payload) => {
    const { templates, transport, log } = this.#options;
    // A payload of a newer version fails here, and is tried again by a replica that knows it (rolling deploy).
    const { id, template, to, locale, data, link } = mailDelivery.parse(payload);
    const mail = { mailId: id, template };

    const resolved = link === undefined ? undefined : await this.#resolveLiveLink(link.id);
    if (resolved === null) {
      log.info(mail, "mail dropped: its link is used, replaced or expired");
      return;
    }
    const rendered = templates.render(template, locale, MAILS[template].data.parse(data), resolved);
    try {
      await transport.send({ id, to, ...rendered });
      log.info(mail, "mail handed over");
    } catch (error) {
      if (!(error instanceof MailTransportError && error.permanent)) throw error;
      log.warn({ ...mail, failure: error.message }, "mail given up: it was refused for good");
    }
  };

  async #resolveLiveLink(linkId: string): Promise<ResolvedLink | null> {
    const link = await this.#options.resolveLink(linkId);
    return link !== null && link.expiresAt > this.#options.clock.now() ? link : null;
  }
}
