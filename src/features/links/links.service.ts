import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { KeyRing } from "#platform/secrets";
import { after } from "#shared/durations";
import { type LinkId, parseId, type TenantId, type UserId } from "#shared/ids";
import type { LinkEnd, LinkPurpose } from "./link-purpose.ts";
import { purposeOf, readToken, tokenOf } from "./link-tokens.ts";
import { linkUrl } from "./link-urls.ts";
import { LINK_RETENTION_MS } from "./links.policy.ts";
import {
  consumeLink,
  deleteOldestUnusedLinks,
  deleteUnusedLinks,
  deleteUsedOrExpiredLinks,
  findLiveLink,
  findUsableLink,
  insertLink,
  type Link,
  type LinkRow,
  listUsableLinks,
} from "./links.repository.ts";

export interface LinksServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: Pick<KeyRing, "sign" | "verify">;
  /** The URLs of the pages that links open, by path (`LinkPurpose`). */
  readonly pages: Readonly<Record<string, string>>;
}

export interface NewLink<Payload extends object> {
  /** Chosen by the caller if a mail refers to the link in the same round trip. */
  readonly id?: LinkId;
  readonly user: { readonly id: UserId; readonly tenantId: TenantId };
  readonly purpose: LinkPurpose<Payload>;
  readonly payload: Payload;
}

export interface LinkStatus {
  readonly valid: boolean;
  readonly expiresAt: Date | null;
}

/** One-time links in mails. Their tokens are derived when needed, so neither tables nor jobs contain a secret. */
export class LinksService {
  readonly #purposes: LinkPurpose[] = [];

  constructor(private readonly deps: LinksServiceDeps) {}

  /**
   * Registers the link purposes of a feature.
   * @throws if another feature has registered the same name, or the page does not exist
   */
  register(purposes: readonly LinkPurpose[]): void {
    for (const { name, page } of purposes) {
      if (this.#purposes.some((other) => other.name === name)) throw new Error(`Two link purposes are named ${name}.`);
      if (this.deps.pages[page] === undefined) throw new Error(`The link purpose ${name} has no page ${page}.`);
    }
    this.#purposes.push(...purposes);
  }

  /**
   * Creates a link. A mail refers to it by its id. If the purpose has a limit (`most`), the oldest unused links beyond it end.
   * The caller must hold the lock on the user's row then, because two concurrent calls could exceed the limit.
   */
  async issue<Payload extends object>(
    tx: Db,
    { id = this.deps.ids.next<LinkId>(), user, purpose, payload }: NewLink<Payload>,
  ): Promise<Link<Payload>> {
    const { name, lifetime, most } = purpose;
    const createdAt = this.deps.clock.now();
    const link: Link<Payload> = {
      id,
      tenantId: user.tenantId,
      userId: user.id,
      purpose: name,
      payload,
      createdAt,
      expiresAt: after(createdAt, lifetime),
      usedAt: null,
    };
    // Before the new link is stored, so that it is kept even if this replica's clock is behind.
    if (most !== undefined) await deleteOldestUnusedLinks(tx, user.id, purpose, most - 1);
    await insertLink(tx, link);
    return link;
  }

  /** The secret in the link's URL. */
  tokenOf(link: Pick<LinkRow, "id" | "purpose">): string {
    return tokenOf(this.deps.keyRing, link);
  }

  /** The purpose of a genuine token, or null. Does not check whether the link is still valid. */
  purposeOf(token: string): LinkPurpose | null {
    return purposeOf(this.deps.keyRing, this.#purposes, token);
  }

  /** The link of this token if it can be used now. Forged tokens are rejected without a database query. */
  async find<Payload extends object>(
    db: Db,
    purpose: LinkPurpose<Payload>,
    token: string,
  ): Promise<Link<Payload> | null> {
    const id = this.idIn(purpose, token);
    return id && ((await findUsableLink(db, id, this.deps.clock.now())) as Link<Payload> | null);
  }

  /** The id in a genuine token of this purpose, or null. */
  idIn(purpose: LinkPurpose, token: string): LinkId | null {
    return readToken(this.deps.keyRing, purpose.name, token);
  }

  /** Consumes the link, in the transaction that performs what it allows. Exactly one concurrent caller gets it; the others get null. */
  async consume<Payload extends object>(
    tx: Db,
    purpose: LinkPurpose<Payload>,
    token: string,
  ): Promise<Link<Payload> | null> {
    const id = this.idIn(purpose, token);
    return id && ((await consumeLink(tx, id, purpose, this.deps.clock.now())) as Link<Payload> | null);
  }

  /** The validity of a link, for a page to check before it asks the user to continue. */
  async status(db: Db, purpose: LinkPurpose, token: string): Promise<LinkStatus> {
    const link = await this.find(db, purpose, token);
    return { valid: link !== null, expiresAt: link?.expiresAt ?? null };
  }

  /** The user's links of this purpose that can be used now, the oldest first. */
  async listUsable<Payload extends object>(
    db: Db,
    userId: UserId,
    purpose: LinkPurpose<Payload>,
  ): Promise<Link<Payload>[]> {
    return (await listUsableLinks(db, userId, purpose, this.deps.clock.now())) as Link<Payload>[];
  }

  /**
   * Revokes the user's unused links of these purposes, and those of purposes that the given event ends; with `youngerThan`, only
   * links issued after that link; with `tenantId`, only links of that tenant.
   */
  async revoke(
    tx: Db,
    userId: UserId,
    which: readonly (LinkPurpose | LinkEnd)[],
    { youngerThan, tenantId }: { readonly youngerThan?: Pick<LinkRow, "id">; readonly tenantId?: TenantId } = {},
  ): Promise<void> {
    const purposes = which.flatMap((each) =>
      typeof each === "string" ? this.#purposes.filter(({ endedBy }) => endedBy === each) : each,
    );
    await deleteUnusedLinks(tx, userId, purposes, { youngerThan: youngerThan?.id, tenantId });
  }

  /** For the mailer on delivery: the URL, or null if the link was used or replaced, or has expired. */
  async resolve(linkId: string): Promise<{ readonly url: string; readonly expiresAt: Date } | null> {
    const id = parseId<LinkId>(linkId);
    const link = id && (await findLiveLink(this.deps.db, id, this.deps.clock.now()));
    return link ? { url: this.urlOf(link), expiresAt: link.expiresAt } : null;
  }

  /** The URL of the link's page, with its token. */
  urlOf(link: Pick<LinkRow, "id" | "purpose">): string {
    const page = this.#purposes.find(({ name }) => name === link.purpose)?.page ?? "";
    const url = this.deps.pages[page];
    if (url === undefined) throw new Error(`No feature has links for ${link.purpose}.`);
    return linkUrl(url, this.tokenOf(link));
  }

  /** Deletes links that are no longer needed. */
  async sweep(): Promise<void> {
    await deleteUsedOrExpiredLinks(this.deps.db, after(this.deps.clock.now(), -LINK_RETENTION_MS));
  }
}
