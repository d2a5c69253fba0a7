import type { AuditLog } from "#features/audit/index";
import { type AddressLink, insertAddressLinks, type Link, listUnusedLinks } from "#features/links/index";
import { isUnverified, type User, updateUser } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { TransactionEvents } from "#platform/transaction-events";
import type { InvitationId, RegistrationId, TenantId, UserId } from "#shared/ids";
import type { Role } from "#shared/roles";
import { earlierInvitationFound, unverifiedUserConverted } from "./registration.hooks.ts";
import {
  findAddressHolderForUpdate,
  listUnverifiedUserIds,
  lockUnverifiedUser,
  updateUsernameIfFree,
} from "./registration.repository.ts";
import { insertRegistration, listUnclosedRegistrations } from "./registrations.repository.ts";

/** The payload of links of earlier versions. */
export interface EarlierPayload {
  /** verify-email, activate: the data of the registration that requested this link. */
  readonly registration?: {
    /** Null if the user logs in by an account at a provider, without a password. */
    readonly passwordHash: string | null;
    readonly username: string | null;
    readonly name: string | null;
    readonly locale: string;
    /** The tenant of the user to be created. Absent: the user's current tenant. */
    readonly tenantId?: TenantId;
  };
  /** invitation: the profile of the invited user in the link's tenant. */
  readonly invitation?: {
    readonly name: string | null;
    readonly roles: readonly Role[];
    readonly locale: string;
    readonly invitedBy: UserId;
  };
}

type EarlierLink = Link<EarlierPayload>;

/** The purposes of entry links in earlier versions, by name, because one of them belongs to a later feature. */
const ACTIVATION_PURPOSES = ["verify-email", "activate", "invitation"].map((name) => ({ name }));

export interface EarlierUsersDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly events: Pick<AuditLog, "wasImported">;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

const ADMIN: readonly Role[] = ["USER", "ADMIN"];
const BATCH = 100;

/**
 * Versions before 1.0 created the user at registration or invitation, before the address was verified. This class converts such
 * users to registrations and invitations: in a job, and as soon as one is found, because replicas of the older version may still
 * create them while this version runs. Their links keep working without a challenge: the user following one sets a password.
 */
export class EarlierUsers {
  constructor(private readonly deps: EarlierUsersDeps) {}

  /** Converts the unverified user of this address, if there is one. */
  async convertAddress(tx: Db, emailCanonical: string): Promise<void> {
    const holder = await findAddressHolderForUpdate(tx, emailCanonical);
    if (holder !== null && isUnverified(holder)) await this.#convert(tx, holder);
  }

  /** Converts this user if the address is unverified. */
  async convertUser(id: UserId): Promise<void> {
    await this.deps.db.transaction(async (tx) => {
      const user = await lockUnverifiedUser(tx, id);
      if (user !== null) await this.#convert(tx, user);
    });
  }

  /** Converts all unverified users, each in a separate transaction. */
  async convertAll(): Promise<void> {
    let batch: UserId[] = [];
    do {
      batch = await listUnverifiedUserIds(this.deps.db, { after: batch.at(-1) ?? null, limit: BATCH });
      for (const id of batch) await this.convertUser(id);
    } while (batch.length === BATCH);
  }

  async #convert(tx: Db, user: User): Promise<void> {
    const { events, hooks } = this.deps;
    const links = await listUnusedLinks<EarlierPayload>(tx, user.id, ACTIVATION_PURPOSES);
    if (await events.wasImported(tx, user.id)) return this.#keepImported(tx, user, links);
    const converted: AddressLink[] = [];
    for (const link of links) converted.push(await this.#convertLink(tx, user, link));
    await insertAddressLinks(tx, converted);
    await hooks.raise(tx, unverifiedUserConverted, user);
  }

  /** The operator vouches for imported users: they are kept, and verify the address before their first login. */
  async #keepImported(tx: Db, user: User, links: readonly EarlierLink[]): Promise<void> {
    await updateUser(tx, user.id, { status: "ACTIVE", emailVerified: false });
    const username = links.find(({ payload }) => payload.registration?.username)?.payload.registration?.username;
    if (username) await updateUsernameIfFree(tx, user.id, username);
  }

  async #convertLink(tx: Db, user: User, link: EarlierLink): Promise<AddressLink> {
    const { id, tenantId, purpose, createdAt, expiresAt, usedAt } = link;
    const { email, emailCanonical } = user;
    const about = { registrationId: null, approvalId: null, invitationId: null };
    const base = { id, tenantId, email, emailCanonical, purpose, createdAt, expiresAt, usedAt, ...about };
    if (purpose === "invitation") return { ...base, invitationId: await this.#convertInvitation(tx, user, link) };
    const registered = await listUnclosedRegistrations(tx, emailCanonical);
    const approval = registered.find((row) => row.status === "APPROVED" && row.tenantId === tenantId);
    if (purpose === "verify-email" && approval) return { ...base, approvalId: approval.id };
    return { ...base, registrationId: await this.#convertRegistration(tx, user, link) };
  }

  async #convertRegistration(
    tx: Db,
    user: User,
    { tenantId, purpose, payload, createdAt }: EarlierLink,
  ): Promise<RegistrationId> {
    const id = this.deps.ids.next<RegistrationId>();
    const { name, locale } = payload.registration ?? user;
    await insertRegistration(tx, {
      id,
      tenantId,
      email: user.email,
      emailCanonical: user.emailCanonical,
      username: null,
      name,
      locale,
      roles: purpose === "activate" ? [...ADMIN] : ["USER"],
      // No client has a challenge for it, so a password could never apply.
      passwordHash: null,
      status: "PENDING_VERIFICATION",
      place: null,
      requestedAt: createdAt,
      decidedAt: null,
      decidedBy: null,
      reason: null,
      closedAt: null,
    });
    return id;
  }

  async #convertInvitation(tx: Db, user: User, link: EarlierLink): Promise<InvitationId> {
    const { hooks, ids } = this.deps;
    const id = ids.next<InvitationId>();
    // Invitations of the first versions have no payload; the data is in the user's row.
    const { name, roles, locale, invitedBy } = { ...user, invitedBy: null, ...link.payload.invitation };
    const invitation = { id, link, user, roles, name, locale, invitedBy };
    const [kept] = await hooks.raise(tx, earlierInvitationFound, invitation);
    if (kept === undefined) throw new Error("No feature keeps invitations.");
    return kept;
  }
}
