import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import { after } from "#shared/durations";
import { type InvitationId, type LinkId, parseId } from "#shared/ids";
import {
  type AddressLink,
  consumeAddressLink,
  deleteAddressLinks,
  deleteLinksOfInvitation,
  deleteUsedOrExpiredAddressLinks,
  findUsableAddressLink,
  insertAddressLinks,
} from "./address-links.repository.ts";
import type { LinkPurpose } from "./link-purpose.ts";
import { LINK_RETENTION_MS } from "./links.policy.ts";
import type { LinksService } from "./links.service.ts";

const SWEEP_BATCH = 1_000;

/** A link to issue: its destination, and its purpose. */
export type NewAddressLink = Pick<AddressLink, "tenantId" | "email" | "emailCanonical"> &
  Partial<Pick<AddressLink, "registrationId" | "approvalId" | "invitationId">> & {
    readonly purpose: LinkPurpose;
    /** The lifetime in milliseconds, if it differs from that of the purpose. */
    readonly lifetime?: number;
  };

export interface AddressLinksDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly links: Pick<LinksService, "idIn" | "urlOf">;
}

/**
 * One-time links in mails to addresses that have no user yet. Such a link verifies the address and nothing else. Several can
 * be pending for one address, because they may have been requested by different people.
 */
export class AddressLinks {
  constructor(private readonly deps: AddressLinksDeps) {}

  /** Creates a link. A mail refers to it by its id. */
  async issue(
    tx: Db,
    {
      purpose,
      lifetime = purpose.lifetime,
      registrationId = null,
      approvalId = null,
      invitationId = null,
      ...link
    }: NewAddressLink,
  ): Promise<AddressLink> {
    const createdAt = this.deps.clock.now();
    const issued: AddressLink = {
      ...link,
      purpose: purpose.name,
      id: this.deps.ids.next<LinkId>(),
      registrationId,
      approvalId,
      invitationId,
      createdAt,
      expiresAt: after(createdAt, lifetime),
      usedAt: null,
    };
    await insertAddressLinks(tx, [issued]);
    return issued;
  }

  /** The link of this token if it can be used now. Forged tokens are rejected without a database query. */
  async find(db: Db, purpose: LinkPurpose, token: string): Promise<AddressLink | null> {
    const id = this.deps.links.idIn(purpose, token);
    const link = id && (await findUsableAddressLink(db, id, this.deps.clock.now()));
    return link && link.purpose === purpose.name ? link : null;
  }

  /** Consumes the link, in the transaction that performs what it allows; false if it can no longer be used. */
  async consume(tx: Db, { id }: Pick<AddressLink, "id">): Promise<boolean> {
    return (await consumeAddressLink(tx, id, this.deps.clock.now())) !== null;
  }

  /** Ends the links of these purposes to an address. */
  async revoke(tx: Db, emailCanonical: string, purposes: readonly LinkPurpose[]): Promise<void> {
    await deleteAddressLinks(tx, emailCanonical, purposes);
  }

  /** Ends the links of an invitation. */
  async revokeInvitation(tx: Db, id: InvitationId): Promise<void> {
    await deleteLinksOfInvitation(tx, id);
  }

  /** For the mailer on delivery: the URL of the page, or null if the link was used or revoked, or has expired. */
  async resolve(linkId: string): Promise<{ readonly url: string; readonly expiresAt: Date } | null> {
    const { clock, db, links } = this.deps;
    const id = parseId<LinkId>(linkId);
    const link = id && (await findUsableAddressLink(db, id, clock.now()));
    return link && { url: links.urlOf(link), expiresAt: link.expiresAt };
  }

  /** Deletes links that are no longer needed. */
  async sweep(): Promise<void> {
    const { clock, db } = this.deps;
    const expiredBefore = after(clock.now(), -LINK_RETENTION_MS);
    while ((await deleteUsedOrExpiredAddressLinks(db, expiredBefore, SWEEP_BATCH)) === SWEEP_BATCH);
  }
}
