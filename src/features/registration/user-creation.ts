import type { AuditLog, SecurityEventDraft } from "#features/audit/index";
import type { AddressLinks } from "#features/links/index";
import type { PasswordsService } from "#features/passwords/index";
import {
  canonicalEmail,
  canonicalUsername,
  insertRoleGrants,
  insertUser,
  type User,
  updateUser,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { TransactionEvents } from "#platform/transaction-events";
import type { ClientInfo } from "#shared/client-info";
import { after } from "#shared/durations";
import type { RegistrationId, UserId } from "#shared/ids";
import type { EarlierUsers } from "./earlier-users.ts";
import { LINK_PURPOSES } from "./link-purposes.ts";
import { approvedAddressHeld } from "./registration.hooks.ts";
import { APPROVED_LINK_LIFETIME_MS } from "./registration.policy.ts";
import { updateUsernameIfFree } from "./registration.repository.ts";
import { deleteUndecidedRegistration, updateRegistrationsClosed } from "./registrations.repository.ts";

export interface UserCreationDeps {
  readonly clock: Clock;
  readonly addressLinks: Pick<AddressLinks, "revoke">;
  readonly passwords: Pick<PasswordsService, "storePassword">;
  readonly events: Pick<AuditLog, "record">;
  readonly earlierUsers: Pick<EarlierUsers, "convertAddress">;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

/** The person who has just verified the address. */
export type VerifiedPerson = Pick<User, "id" | "tenantId" | "email" | "name" | "locale" | "roles">;

export interface Creation {
  readonly person: VerifiedPerson;
  /** Null if the person logs in by an account at a provider. */
  readonly passwordHash: string | null;
  readonly username: {
    readonly wanted: string | null;
    /** If the username is taken: true creates the user without it, false throws the constraint violation. */
    readonly optional: boolean;
  };
  readonly client: ClientInfo;
  /** The inviter or the approving admin. Null if no approval was required. */
  readonly grantedBy: UserId | null;
  /** Details of the security event: how the user was created. */
  readonly details?: SecurityEventDraft["details"];
  readonly registrationId?: RegistrationId | null;
  /** Consumes the proof of the address in the same transaction; false if it is no longer valid. */
  readonly consumeProof: (tx: Db) => Promise<boolean>;
}

/** The only place where verifying an address creates a user. */
export class UserCreation {
  constructor(private readonly deps: UserCreationDeps) {}

  /** Returns the user that `create` would insert. */
  draft({ id, tenantId, email, name, locale, roles }: VerifiedPerson): User {
    return {
      id,
      tenantId,
      email,
      emailCanonical: canonicalEmail(email),
      emailVerified: true,
      username: null,
      usernameCanonical: null,
      name,
      locale,
      status: "ACTIVE",
      mustEnrol: false,
      roles,
      isOperator: false,
      passwordResetRequired: false,
      preferredFactor: null,
      lastLoginAt: null,
      createdAt: this.deps.clock.now(),
    };
  }

  /**
   * Creates the user and closes everything else pending for the address. The user is inserted before anything else is locked: of
   * two concurrent verifications of one address, the second waits there and then finds that the address has a user.
   * @returns null if the address has a user or `verifyStill` returned false; the caller must then roll back the transaction
   */
  async create(
    tx: Db,
    { person, passwordHash, username, client, grantedBy, details = {}, ...creation }: Creation,
  ): Promise<User | null> {
    const { clock, earlierUsers, events, passwords } = this.deps;
    const draft = this.draft(person);
    await earlierUsers.convertAddress(tx, draft.emailCanonical);
    const inserted = await insertUser(tx, draft);
    if (inserted === null || !(await creation.consumeProof(tx))) return null;
    const { id: userId, tenantId } = inserted;
    if (passwordHash !== null) await passwords.storePassword(tx, inserted, passwordHash);
    const given = { user: inserted, roles: inserted.roles, by: { userId: grantedBy } };
    await insertRoleGrants(tx, [given], clock.now());
    const named = await this.#giveUsername(tx, inserted, username);
    if (creation.registrationId) await deleteUndecidedRegistration(tx, creation.registrationId);
    await this.closeAddress(tx, draft.emailCanonical);
    await events.record(
      tx,
      { type: "USER_REGISTERED", tenantId, userId, client, details },
      { type: "EMAIL_VERIFIED", tenantId, userId, client },
    );
    return named;
  }

  /**
   * Ends every registration, challenge and link of an address that has a user now. Approved registrations become membership
   * invitations. The user accepts them after a login, like pending invitations.
   */
  async closeAddress(tx: Db, emailCanonical: string): Promise<void> {
    const { addressLinks, clock, hooks } = this.deps;
    const now = clock.now();
    const closed = await updateRegistrationsClosed(tx, emailCanonical, now);
    await addressLinks.revoke(tx, emailCanonical, LINK_PURPOSES);
    for (const { status, decidedAt, ...registration } of closed)
      if (status === "APPROVED" && decidedAt !== null && after(decidedAt, APPROVED_LINK_LIFETIME_MS) > now)
        await hooks.raise(tx, approvedAddressHeld, registration);
  }

  async #giveUsername(tx: Db, user: User, { wanted, optional }: Creation["username"]): Promise<User> {
    if (wanted === null) return user;
    const changes = { username: wanted, usernameCanonical: canonicalUsername(wanted) };
    if (!optional) return (await updateUser(tx, user.id, changes)) ?? user;
    return (await updateUsernameIfFree(tx, user.id, wanted)) ? { ...user, ...changes } : user;
  }
}
