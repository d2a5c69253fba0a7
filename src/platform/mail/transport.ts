/** A finished mail on its way to one reader. */
export interface OutgoingMail {
  /** Stable over retries; the Message-ID is made of it. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Takes a mail to the next hop. Throws `MailTransportError` when it was not taken. */
export interface MailTransport {
  send(mail: OutgoingMail): Promise<void>;
  close(): void;
}

/**
 * A mail was not taken. `permanent`: this reader can never be reached this way; trying again is in vain.
 *
 * Made afresh instead of wrapping what the driver threw: servers answer with the address, and the message of an error
 * ends in logs and in the table of jobs.
 */
export class MailTransportError extends Error {
  readonly permanent: boolean;

  constructor(message: string, { permanent }: { permanent: boolean }) {
    super(message);
    this.name = "MailTransportError";
    this.permanent = permanent;
  }
}

/** One plain address, and nothing that could end a header, name a second reader, or leave the SMTP command. */
export const isSingleAddress = (address: string): boolean =>
  /^[^\s<>()[\],;:"@\p{Cc}]+@[^\s<>()[\],;:"@\p{Cc}]+$/u.test(address);
