/** What ends unused links: a password or an account that changed hands, or an address that was proved. */
export type LinkEnd = "CREDENTIALS_CHANGED" | "ADDRESS_PROVED";

/** What a link in a mail allows, once: defined by the feature that follows it. */
export interface LinkPurpose<Payload extends object = object> {
  /** Part of every token, and in the tables, so it never changes. */
  readonly name: string;
  /** How long a link is good, in milliseconds. */
  readonly lifetime: number;
  /** The path of the page that it leads to. */
  readonly page: string;
  /** How many unused links a user may have: issuing another one ends the oldest. Absent: any number. */
  readonly most?: number;
  readonly endedBy?: LinkEnd;
  /** A password is chosen on its page. */
  readonly choosesPassword?: true;
  /** What a link does when it is used, beyond its purpose. Only a type: links have it, purposes do not. */
  readonly payload?: Payload;
}

/** Defines the purpose of links that carry this payload. */
export const defineLinkPurpose = <Payload extends object>(purpose: Omit<LinkPurpose<Payload>, "payload">) =>
  purpose as LinkPurpose<Payload>;
