/** A rendered mail to one recipient. */
export interface OutgoingMail {
  /** Stable across retries; the Message-ID is derived from it. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * Passes mails to the next hop.
 *
 * @throws {MailTransportError} if the mail was not accepted
 */
export interface MailTransport {
  send(mail: OutgoingMail): Promise<void>;
  close(): void;
}

/**
 * A mail was not accepted. `permanent`: this recipient can never be reached this way, so retries are useless.
 *
 * Created instead of wrapping the driver's error: servers' responses contain the address, and error messages end up in logs and
 * in the table of jobs.
 */
export class MailTransportError extends Error {
  readonly permanent: boolean;

  constructor(message: string, { permanent }: { permanent: boolean }) {
    super(message);
    this.name = "MailTransportError";
    this.permanent = permanent;
  }
}

/** A single plain address, without characters that could end a header, add a second recipient, or leave the SMTP command. */
export const isSingleAddress = (address: string): boolean =>
  /^[^\s<>()[\],;:"@\p{Cc}]+@[^\s<>()[\],;:"@\p{Cc}]+$/u.test(address);
