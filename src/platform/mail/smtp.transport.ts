import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";
import { SECOND } from "#shared/durations";
import { canonicalEmail } from "#shared/emails";
import { isSingleAddress, type MailTransport, MailTransportError } from "./transport.ts";

export interface SmtpOptions {
  readonly url: string;
  readonly from: string;
  /** PEM: the authority of the server's certificate, or the certificate itself. Absent: the authorities that Node trusts. */
  readonly caFile?: string | undefined;
}

/**
 * Sends mail to the SMTP server at `url`: `smtp(s)://user:password@host:port?requireTLS=true&tls.servername=…` (the query may
 * contain any option of nodemailer). With credentials, an unencrypted `smtp:` connection must be upgraded by STARTTLS before they
 * are sent, unless the URL contains `requireTLS=false`.
 */
export const smtpTransport = ({ url, from, caFile }: SmtpOptions): MailTransport => {
  const pool = nodemailer.createTransport(
    {
      url,
      pool: true,
      // A connection that the server closed while idle costs one immediate retry; the job queue handles all other retries.
      maxRequeues: 1,
      idleTimeout: 5 * SECOND,
      connectionTimeout: 5 * SECOND,
      greetingTimeout: 5 * SECOND,
      socketTimeout: 10 * SECOND,
      dnsTimeout: 5 * SECOND,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(needsStartTls(url) && { requireTLS: true }),
      // nodemailer merges it with the `tls.…` options of the URL.
      ...(caFile !== undefined && { tls: { ca: readFileSync(caFile) } }),
    },
    { from },
  );
  const domain = from.slice(from.lastIndexOf("@") + 1).replace(/>.*$/s, "");

  return {
    async send({ id, to, subject, text, html }) {
      if (!isSingleAddress(to)) throw new MailTransportError("not one e-mail address", { permanent: true });
      try {
        await pool.sendMail({
          // An object is one address; a string would be parsed as a list of addresses.
          to: { name: "", address: canonicalDomain(to) },
          subject,
          text,
          html,
          messageId: `<${id}@${domain}>`,
          headers: { "Auto-Submitted": "auto-generated" }, // RFC 3834: no automatic replies
        });
      } catch (error) {
        throw toTransportError(error);
      }
    },
    close: () => pool.close(),
  };
};

/** DNS and mail servers use the ASCII form of a domain; the local part is kept unchanged. */
const canonicalDomain = (address: string): string => {
  const at = address.lastIndexOf("@") + 1;
  return address.slice(0, at) + canonicalEmail(address).slice(at);
};

const needsStartTls = (url: string): boolean => {
  const { protocol, username, searchParams } = new URL(url);
  return protocol === "smtp:" && username !== "" && !searchParams.has("requireTLS");
};

/** nodemailer's details of a failure. None of them quotes the server, whose responses contain the recipient. */
interface SmtpFailure {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
  readonly permanent?: boolean;
}

/**
 * A 5xx response to the recipient or the content is final (RFC 5321, section 4.2.1). A 5xx response to the login or the sender is
 * a fault of the settings, and a missing connection says nothing about the recipient: both are retried, because the operator will
 * fix them.
 */
const toTransportError = (error: unknown): MailTransportError => {
  const { code, command, responseCode, permanent } = error as SmtpFailure;
  const final = permanent === true && (command === "RCPT TO" || command === "DATA");
  const what = [code, command, responseCode].filter((part) => part !== undefined).join(" ");
  return new MailTransportError(`SMTP: ${what || "failed"}`, { permanent: final });
};
