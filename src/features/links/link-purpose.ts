/** The events that end unused links: credentials changed or may be compromised, or an address was verified. */
export type LinkEnd = "CREDENTIALS_CHANGED" | "ADDRESS_PROVED";

/** The action that a mailed link allows, once. Defined by the feature that handles it. */
export interface LinkPurpose<Payload extends object = object> {
  /** Part of every token, and stored in the tables, so it never changes. */
  readonly name: string;
  /** The lifetime of a link, in milliseconds. */
  readonly lifetime: number;
  /** The path of the page that it opens. */
  readonly page: string;
  /** The most unused links of a user: issuing another one ends the oldest. Absent: unlimited. */
  readonly most?: number;
  readonly endedBy?: LinkEnd;
  /** A password is chosen on its page. */
  readonly choosesPassword?: true;
  /** The data that a link carries beyond its purpose. Only a type: links have a value, purposes do not. */
  readonly payload?: Payload;
}

/** Defines the purpose of links that carry this payload. */
export const defineLinkPurpose = <Payload extends object>(purpose: Omit<LinkPurpose<Payload>, "payload">) =>
  purpose as LinkPurpose<Payload>;
