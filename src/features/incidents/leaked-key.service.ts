import { type EmailChangeService, UNDO_EMAIL_CHANGE_LINK } from "#features/account/index";
import { rightsLost, rolesChanged } from "#features/administration/index";
import type { AuditLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { InvitationsService } from "#features/invitations/index";
import { type LinksService, listUnusedLinks } from "#features/links/index";
import { type FactorResets, moveFactorsAside } from "#features/login/index";
import { movePasswordAside } from "#features/passwords/index";
import { listUsersAuthenticatedAfter, type SessionAuthMethods, type SessionsService } from "#features/sessions/index";
import { moveSocialAccountsAside } from "#features/social/index";
import { canonicalEmail, findUserForUpdate, lockUsers, type User, updateUser } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { MailQueue } from "#platform/mail/index";
import type { TransactionEvents } from "#platform/transaction-events";
import { after, SECOND } from "#shared/durations";
import type { SuspendedChangeId, UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { ELEVATION_SECONDS } from "#shared/viewer";
import { CHANGES_SUSPENDED } from "./mails/changes-suspended.ts";
import type { ChangeAside } from "./suspended-changes.policy.ts";
import {
  insertSuspendedChanges,
  listRolesGrantedSince,
  listUsersChangedSince,
  type SuspendedChangeRow,
} from "./suspended-changes.repository.ts";

export interface LeakedKeyDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<AuditLog, "record">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation" | "endAll">;
  readonly authMethods: Pick<SessionAuthMethods, "revokeElevations">;
  readonly challenges: Pick<ChallengesService, "revoke">;
  readonly devices: Pick<DevicesService, "forgetAll">;
  readonly links: Pick<LinksService, "revoke">;
  readonly emailChanges: Pick<EmailChangeService, "move">;
  readonly factorResets: Pick<FactorResets, "cancelRequestedByAdmin">;
  readonly invitations: Pick<InvitationsService, "voidPowerfulSince">;
  /** Ends everything that depends on a user's rights, in the transaction in which the user loses them. */
  readonly hooks: Pick<TransactionEvents, "raise">;
}

/** The result of the response to a leak. */
export interface LeakOutcome {
  /** Users with at least one suspended change. */
  readonly users: number;
  readonly changes: number;
  /** Open invitations that granted more than USER and are void now. */
  readonly invitations: number;
  /** Users whose former address now belongs to another user. They are suspended until an operator reviews them. */
  readonly addressTaken: readonly UserId[];
}

/** A suspended change, and when it was made. */
interface Aside {
  readonly change: ChangeAside;
  readonly madeAt: Date;
  /** The user who can confirm it. */
  readonly owner: Pick<User, "id" | "tenantId">;
}

/**
 * The response to a leaked signing key. An attacker with the key could forge elevated access tokens, and the changes made with
 * them outlive the key. So every change made under step-up since the leak is suspended until its owner confirms it.
 */
export class LeakedKeyService {
  constructor(private readonly deps: LeakedKeyDeps) {}

  /** Ends all elevations, and suspends changes made since the leak began. The key must be revoked before. */
  async suspendSince(since: Date): Promise<LeakOutcome> {
    const { clock, db } = this.deps;
    for (const userId of await listUsersAuthenticatedAfter(db, after(clock.now(), -2 * ELEVATION_SECONDS * SECOND)))
      await this.#endElevations(userId);
    // Invitations first. Users who accept one concurrently are found below.
    const invitations = await this.deps.invitations.voidPowerfulSince(since);
    const users = new Set<UserId>();
    const addressTaken: UserId[] = [];
    let changes = 0;
    for (const userId of await listUsersChangedSince(db, since)) {
      const outcomes = [await this.#suspendCredentials(userId, since), await this.#suspendRoles(userId, since)];
      const suspended = outcomes.reduce((sum, outcome) => sum + outcome.suspended, 0);
      if (suspended > 0) users.add(userId);
      changes += suspended;
      if (outcomes.some((outcome) => outcome.addressTaken)) addressTaken.push(userId);
    }
    return { users: users.size, changes, invitations, addressTaken };
  }

  async #endElevations(userId: UserId): Promise<void> {
    const { authMethods, sessions } = this.deps;
    await sessions.withSessionInvalidation(userId, async (tx) => {
      await findUserForUpdate(tx, userId);
      await authMethods.revokeElevations(tx, userId);
    });
  }

  /** Suspends changes of credentials and address, which could give an attacker access. Ends all sessions that may depend on them. */
  #suspendCredentials(userId: UserId, since: Date): Promise<{ suspended: number; addressTaken: boolean }> {
    const { challenges, devices, factorResets, sessions } = this.deps;
    return sessions.withSessionInvalidation(userId, async (tx) => {
      const found = await findUserForUpdate(tx, userId);
      if (found === null) return { suspended: 0, addressTaken: false };
      await factorResets.cancelRequestedByAdmin(tx, found, since);
      const { user, email, addressTaken } = await this.#giveAddressBack(tx, found, since);
      // With another mailbox, an attacker can reset the password and link an account at a provider without a step-up.
      const moved = email !== null || addressTaken;
      const { setAside, factorLeft } = await moveFactorsAside(tx, userId, since);
      const accounts = await moveSocialAccountsAside(tx, userId, { since, byAddressToo: moved });
      const password = await movePasswordAside(tx, userId, { since, byMailToo: moved });
      const aside: Aside[] = [
        ...(email === null
          ? []
          : [{ change: { kind: "EMAIL", email: email.address }, madeAt: email.madeAt, owner: user } as const]),
        ...setAside.map(({ madeAt, ...change }) => ({ change, madeAt, owner: user })),
        ...accounts.map((row) => ({
          change: { kind: "SOCIAL_ACCOUNT", name: String(row.provider), rows: [row] } as const,
          madeAt: new Date(String(row.linked_at)),
          owner: user,
        })),
        ...password.map((row) => ({
          change: { kind: "PASSWORD", name: null, rows: [row] } as const,
          madeAt: new Date(String(row.changed_at)),
          owner: user,
        })),
      ];
      if (addressTaken) await this.#suspendUser(tx, user);
      if (aside.length === 0) return { suspended: 0, addressTaken };
      await challenges.revoke(tx, userId);
      await devices.forgetAll(tx, userId);
      await sessions.endAll(tx, user, "REVOKED");
      // Otherwise, setting the only factor aside would leave the account protected by the password alone.
      const lostFactors = !factorLeft && setAside.some(({ kind }) => kind === "TOTP" || kind === "PASSKEY");
      if (lostFactors) await updateUser(tx, userId, { mustEnrol: true, preferredFactor: null });
      await this.#store(tx, aside, since);
      await this.#notifyUsers(tx, user, since, email === null ? [user.email] : [user.email, email.address]);
      return { suspended: aside.length, addressTaken };
    });
  }

  /** Restores the address that the user had when the leak began, and cancels a pending change. */
  async #giveAddressBack(
    tx: Db,
    user: User,
    since: Date,
  ): Promise<{
    readonly user: User;
    readonly email: { readonly address: string; readonly madeAt: Date } | null;
    readonly addressTaken: boolean;
  }> {
    const { emailChanges, links } = this.deps;
    const undos = await listUnusedLinks(tx, user.id, [UNDO_EMAIL_CHANGE_LINK]);
    const earliest = undos.find(({ createdAt }) => createdAt >= since);
    const unchanged = { user, email: null, addressTaken: false };
    if (!earliest) return unchanged;
    await links.revoke(tx, user.id, ["CREDENTIALS_CHANGED"]);
    const former = earliest.payload.email;
    if (canonicalEmail(former) === user.emailCanonical) return unchanged;
    if (!(await emailChanges.move(tx, user, former, null))) return { ...unchanged, addressTaken: true };
    await links.revoke(tx, user.id, [UNDO_EMAIL_CHANGE_LINK]);
    const address = { email: former, emailCanonical: canonicalEmail(former) };
    return {
      user: { ...user, ...address },
      email: { address: user.email, madeAt: earliest.createdAt },
      addressTaken: false,
    };
  }

  /** Suspends the user until an admin or operator reviews it, because the address may be a thief's and cannot be restored. */
  async #suspendUser(tx: Db, user: User): Promise<void> {
    const { events, sessions } = this.deps;
    const { id: userId, tenantId } = user;
    await updateUser(tx, userId, { status: "SUSPENDED" });
    await sessions.endAll(tx, user, "ACCOUNT_SUSPENDED");
    const details = {
      reason: "The former e-mail address, to be restored after an incident, belongs to another user.",
    };
    await events.record(tx, { type: "USER_SUSPENDED", tenantId, userId, client: null, details });
  }

  /** Removes roles beyond USER. The users who granted them can grant them again; grants by deleted users are not kept. */
  async #suspendRoles(userId: UserId, since: Date): Promise<{ suspended: number; addressTaken: boolean }> {
    const { db, events, hooks, sessions } = this.deps;
    const nothing = { suspended: 0, addressTaken: false };
    const granted = (await listRolesGrantedSince(db, userId, since)).flatMap(({ grantedBy, ...grant }) =>
      grantedBy === null ? [] : [{ ...grant, grantedBy }],
    );
    if (granted.length === 0) return nothing;
    return sessions.withSessionInvalidation(userId, async (tx) => {
      const people = await lockUsers(tx, [userId, ...granted.map(({ grantedBy }) => grantedBy)]);
      const user = people.get(userId);
      const held = granted.filter(({ role }) => user?.roles.includes(role));
      if (!user || held.length === 0) return nothing;
      const roles = user.roles.filter((role) => !held.some((grant) => grant.role === role));
      await updateUser(tx, userId, { roles });
      await events.record(tx, rolesChanged(user, { from: user.roles, to: roles }));
      await hooks.raise(tx, rightsLost, user);
      const aside = held.flatMap(({ role, grantedBy, grantedAt: madeAt }): Aside[] => {
        const owner = people.get(grantedBy);
        return owner ? [{ change: { kind: "ROLES", roles: [role], userId }, madeAt, owner }] : [];
      });
      await this.#store(tx, aside, since);
      for (const { id } of new Set(aside.map(({ owner }) => owner))) {
        const owner = people.get(id);
        if (owner) await this.#notifyUsers(tx, owner, since, [owner.email]);
      }
      return { suspended: held.length, addressTaken: false };
    });
  }

  async #store(tx: Db, aside: readonly Aside[], since: Date): Promise<void> {
    const { clock, events, ids } = this.deps;
    const suspendedAt = clock.now();
    const rows = aside.map(
      ({ change, madeAt, owner }): SuspendedChangeRow => ({
        id: ids.next<SuspendedChangeId>(),
        tenantId: owner.tenantId,
        userId: owner.id,
        kind: change.kind,
        change,
        madeAt,
        suspendedAt,
      }),
    );
    await insertSuspendedChanges(tx, rows);
    for (const { id, kind, tenantId, userId } of rows)
      await events.record(tx, {
        type: "CHANGE_SUSPENDED",
        tenantId,
        userId,
        client: null,
        details: { suspendedChangeId: id, kind, since: since.toISOString() },
      });
  }

  async #notifyUsers(tx: Db, { email, name, locale }: User, since: Date, addresses: readonly string[]): Promise<void> {
    const { clock, mails } = this.deps;
    const data = { name, at: clock.now(), since, email };
    for (const to of addresses) await mails.enqueue(tx, CHANGES_SUSPENDED, { to, locale: toLocale(locale), data });
  }
}
