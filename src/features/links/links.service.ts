import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { KeyRing } from "#platform/secrets";
import { after } from "#shared/durations";
import { type LinkId, parseId, type TenantId, type UserId } from "#shared/ids";
import { purposeOf, readToken, tokenOf } from "./link-tokens.ts";
import { linkUrl } from "./link-urls.ts";
import {
  KEPT_AFTER_EXPIRY,
  LINK_LIFETIME,
  type LinkPayload,
  type LinkPurpose,
  MOST_UNUSED_LINKS,
} from "./links.policy.ts";
import {
  consumeLink,
  deleteOldestUnusedLinks,
  deleteSpentLinks,
  deleteUnusedLinks,
  findLiveLink,
  findUsableLink,
  insertLink,
  type LinkRow,
  listUsableLinks,
} from "./links.repository.ts";

/** The pages that links lead to. They come from the settings, never from a request's Host header. */
export interface LinkPages {
  readonly verifyEmail: string;
  readonly resetPassword: string;
  readonly confirmEmailChange: string;
  readonly undoEmailChange: string;
  readonly confirmLogin: string;
  readonly denyLogin: string;
  readonly cancelFactorReset: string;
  readonly acceptInvitation: string;
  readonly activate: string;
}

export interface LinksServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: Pick<KeyRing, "sign" | "verify">;
  readonly pages: LinkPages;
}

export interface NewLink {
  /** Chosen by the caller if a mail names the link in the same round trip. */
  readonly id?: LinkId;
  readonly user: { readonly id: UserId; readonly tenantId: TenantId };
  readonly purpose: LinkPurpose;
  readonly payload?: LinkPayload;
}

export interface LinkStatus {
  readonly valid: boolean;
  readonly expiresAt: Date | null;
}

/** One-time links in mails. Their tokens are derived when they are needed: neither tables nor jobs hold a secret. */
export class LinksService {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #keyRing: Pick<KeyRing, "sign" | "verify">;
  readonly #pageOf: Readonly<Record<LinkPurpose, string>>;

  constructor({ db, clock, ids, keyRing, pages }: LinksServiceDeps) {
    this.#db = db;
    this.#clock = clock;
    this.#ids = ids;
    this.#keyRing = keyRing;
    this.#pageOf = {
      "verify-email": pages.verifyEmail,
      "change-email": pages.confirmEmailChange,
      "reset-password": pages.resetPassword,
      "undo-email-change": pages.undoEmailChange,
      "confirm-login": pages.confirmLogin,
      "deny-login": pages.denyLogin,
      "cancel-factor-reset": pages.cancelFactorReset,
      invitation: pages.acceptInvitation,
      activate: pages.activate,
    };
  }

  /**
   * Makes a link, to be named in a mail by its id. If the purpose has a limit (`MOST_UNUSED_LINKS`), the oldest unused links
   * beyond it end; the caller then holds the lock of the user's row, else two calls at the same moment could exceed it.
   */
  async issue(tx: Db, { id = this.#ids.next<LinkId>(), user, purpose, payload = {} }: NewLink): Promise<LinkRow> {
    const createdAt = this.#clock.now();
    const link: LinkRow = {
      id,
      tenantId: user.tenantId,
      userId: user.id,
      purpose,
      payload,
      createdAt,
      expiresAt: after(createdAt, LINK_LIFETIME[purpose]),
      usedAt: null,
    };
    const most = MOST_UNUSED_LINKS[purpose];
    // Before the new one is stored, so that it stays even if this replica's clock is behind.
    if (most !== undefined) await deleteOldestUnusedLinks(tx, user.id, purpose, most - 1);
    await insertLink(tx, link);
    return link;
  }

  /** The secret in the link's address. */
  tokenOf(link: Pick<LinkRow, "id" | "purpose">): string {
    return tokenOf(this.#keyRing, link);
  }

  /** What a genuine token is for, or null. Whether its link is still good is not asked. */
  purposeOf(token: string): LinkPurpose | null {
    return purposeOf(this.#keyRing, token);
  }

  /** The link of this token where it could be used now. A forged token is told before the database is asked. */
  async find(db: Db, purpose: LinkPurpose, token: string): Promise<LinkRow | null> {
    const id = readToken(this.#keyRing, purpose, token);
    return id && findUsableLink(db, id, this.#clock.now());
  }

  /** The id in a genuine token of this purpose, or null. */
  idIn(purpose: LinkPurpose, token: string): LinkId | null {
    return readToken(this.#keyRing, purpose, token);
  }

  /** Uses the link up, in the transaction that does what it allows: of many callers exactly one gets it, the others null. */
  async consume(tx: Db, purpose: LinkPurpose, token: string): Promise<LinkRow | null> {
    const id = readToken(this.#keyRing, purpose, token);
    return id && consumeLink(tx, id, purpose, this.#clock.now());
  }

  /** What a page may know before it asks a person to go on. */
  async status(db: Db, purpose: LinkPurpose, token: string): Promise<LinkStatus> {
    const link = await this.find(db, purpose, token);
    return { valid: link !== null, expiresAt: link?.expiresAt ?? null };
  }

  /** The user's links of this purpose that could be used now, the oldest first. */
  listUsable(db: Db, userId: UserId, purpose: LinkPurpose): Promise<LinkRow[]> {
    return listUsableLinks(db, userId, purpose, this.#clock.now());
  }

  /**
   * Takes back the user's unused links of these purposes; with `youngerThan`, only what was issued after that link; with
   * `tenantId`, only what leads to that tenant.
   */
  async revoke(
    tx: Db,
    userId: UserId,
    purposes: readonly LinkPurpose[],
    { youngerThan, tenantId }: { readonly youngerThan?: Pick<LinkRow, "id">; readonly tenantId?: TenantId } = {},
  ): Promise<void> {
    await deleteUnusedLinks(tx, userId, purposes, { youngerThan: youngerThan?.id, tenantId });
  }

  /** For the mailer, when it delivers: the address, or null where the link was used, was replaced or has expired. */
  async resolve(linkId: string): Promise<{ readonly url: string; readonly expiresAt: Date } | null> {
    const id = parseId<LinkId>(linkId);
    const link = id && (await findLiveLink(this.#db, id, this.#clock.now()));
    return link ? { url: this.urlOf(link), expiresAt: link.expiresAt } : null;
  }

  /** The address of the page that the link leads to, with its token. */
  urlOf(link: Pick<LinkRow, "id" | "purpose">): string {
    return linkUrl(this.#pageOf[link.purpose], this.tokenOf(link));
  }

  /** Deletes what nobody can need any more. */
  async sweep(): Promise<void> {
    await deleteSpentLinks(this.#db, after(this.#clock.now(), -KEPT_AFTER_EXPIRY));
  }
}
