import type { AuditLog } from "#features/audit/index";
import type { AddressLinks } from "#features/links/index";
import { mayGrantRole } from "#features/members/index";
import { listRolesOfTenants, type RoleRow, requireTenantRoles } from "#features/memberships/index";
import { consumeTenantMailLimit, type Tenant, type TenantsService } from "#features/tenants/index";
import {
  canonicalEmail,
  findUserByEmail,
  isUnverified,
  type User,
  type UsersService,
  validateEmail,
  validateName,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { Limits } from "#platform/limits/limits";
import type { MailQueue } from "#platform/mail/index";
import { canView, tenantScope } from "#shared/access-policy";
import type { Actor } from "#shared/actor";
import { after } from "#shared/durations";
import { AppError, badInput } from "#shared/errors";
import { type InvitationId, parseId, type TenantId, type UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { isAdmin } from "#shared/memberships";
import { cleanNameOrNull } from "#shared/names";
import { isElevated, type Viewer } from "#shared/viewer";
import { canRevoke } from "./invitation-rights.ts";
import { invitationRevoked, userInvited } from "./invitations.events.ts";
import {
  INVITATION_LIFETIME_MS,
  INVITATION_RETENTION_MS,
  type InvitationStatus,
  isGivenBy,
  isHidden,
  statusOf,
} from "./invitations.policy.ts";
import {
  deleteInvitation,
  deleteOldInvitations,
  findInvitation,
  findInvitationForUpdate,
  findUnansweredInvitationForUpdate,
  type InvitationRow,
  updateInvitationRevoked,
  updateInvitationsVoid,
  updatePowerfulInvitationsVoid,
  upsertInvitation,
} from "./invitations.repository.ts";
import { INVITATION_LINK } from "./link-purposes.ts";
import { MEMBERSHIP_INVITATION } from "./mails/membership-invitation.ts";
import { USER_INVITATION } from "./mails/user-invitation.ts";

/** An invitation with its state. */
export type Invitation = InvitationRow & { readonly status: InvitationStatus };

export interface InvitationRequest {
  readonly email: string;
  readonly name?: string | null | undefined;
  readonly roleIds?: readonly string[];
}

export interface InvitationsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tenants: Pick<TenantsService, "get">;
  readonly users: Pick<UsersService, "get">;
  readonly addressLinks: Pick<AddressLinks, "issue" | "revokeInvitation">;
  readonly limits: Pick<Limits, "consume">;
  readonly mails: Pick<MailQueue, "reserve" | "enqueue">;
  readonly events: Pick<AuditLog, "record">;
}

/** Lets admins invite users to their tenant. */
export class InvitationsService {
  constructor(private readonly deps: InvitationsDeps) {}

  /**
   * Invites an address. A second invitation revokes the older link, and replaces name, roles and inviter.
   * The response is the same for every address. If it has a user, the mail informs them and contains no link.
   * @throws {AppError} BAD_USER_INPUT, FORBIDDEN/MISSING_PERMISSION if an admin would make an operator,
   * REAUTHENTICATION_REQUIRED if it grants more than the built-in role MEMBER, RATE_LIMITED
   */
  async invite(actor: Actor, { email, name = null, roleIds = [] }: InvitationRequest): Promise<Invitation> {
    const { clock, db, ids, limits, tenants, users } = this.deps;
    const faults = [...validateEmail(email, "input.email"), ...(name === null ? [] : validateName(name, "input.name"))];
    if (faults.length > 0) throw badInput(...faults);
    const { tenantId, userId } = actor.viewer;
    const wanted = await requireTenantRoles(db, tenantId, roleIds);
    if (!wanted.every((role) => mayGrantRole(actor.viewer, role))) throw missingPermission();
    // A step-up is required, as for `setMemberRoles`. Otherwise an attacker with an admin's stolen session could invite an admin.
    const givesPower = wanted.some(({ builtIn }) => builtIn !== "MEMBER");
    if (givesPower && !isElevated(actor.viewer, clock.now())) throw new AppError("REAUTHENTICATION_REQUIRED");

    await consumeTenantMailLimit(limits, db, tenantId);
    // Colleagues probably speak the same language.
    const [tenant, { locale }] = await Promise.all([tenants.get(tenantId), users.get(userId)]);
    const now = clock.now();
    const invitation: InvitationRow = {
      id: ids.next<InvitationId>(),
      tenantId,
      email,
      emailCanonical: canonicalEmail(email),
      name: cleanNameOrNull(name),
      roles: isAdmin({ roles: wanted }) ? ["USER", "ADMIN"] : ["USER"],
      roleIds: wanted.filter(({ builtIn }) => builtIn === null).map(({ id }) => id),
      locale,
      invitedBy: userId,
      registrationId: null,
      invitedAt: now,
      expiresAt: after(now, INVITATION_LIFETIME_MS),
      acceptedAt: null,
      revokedAt: null,
      declinedAt: null,
      voidedAt: null,
    };
    const stored = await db.transaction((tx) => this.#store(tx, actor, tenant, invitation));
    if (stored === "ABOVE_INVITER") throw missingPermission();
    return this.withStatus(stored);
  }

  async #store(tx: Db, actor: Actor, tenant: Tenant, wanted: InvitationRow): Promise<InvitationRow | "ABOVE_INVITER"> {
    const { addressLinks, events, mails } = this.deps;
    const older = await findUnansweredInvitationForUpdate(tx, tenant.id, wanted.emailCanonical);
    if (older && !canRevoke(actor.viewer, older)) return "ABOVE_INVITER";
    // The id and time of the older invitation would reveal to the admin that the address already had a user.
    if (older && isHidden(older)) await deleteInvitation(tx, older.id);
    const invitation = await upsertInvitation(tx, wanted);
    const { id: invitationId, tenantId, email, emailCanonical } = invitation;
    await events.record(tx, userInvited(invitation, actor));
    // Checked before older links are revoked, because a request beyond the budget must not revoke a link that was sent. The response
    // is the same in either case.
    if (!(await mails.reserve(tx, USER_INVITATION, { to: email })).reserved) return invitation;
    await addressLinks.revokeInvitation(tx, invitationId);
    const link = await addressLinks.issue(tx, {
      tenantId,
      email,
      emailCanonical,
      purpose: INVITATION_LINK,
      invitationId,
    });
    const holder = await findUserByEmail(tx, emailCanonical);
    await this.#mail(tx, invitation, tenant, holder && !isUnverified(holder) ? holder : null, link);
    return invitation;
  }

  /** If the address already has a user, they accept after logging in (`acceptMembership`), so their mail contains no link. */
  async #mail(
    tx: Db,
    { email: to, locale }: InvitationRow,
    { name: company }: Tenant,
    holder: User | null,
    link: { readonly id: string },
  ): Promise<void> {
    const { mails } = this.deps;
    if (holder === null) {
      const letter = { to, locale: toLocale(locale), data: { company }, link };
      await mails.enqueue(tx, USER_INVITATION, letter, { reserved: true });
      return;
    }
    const data = { name: holder.name, company };
    const letter = { to: holder.email, locale: toLocale(holder.locale), data };
    await mails.enqueue(tx, MEMBERSHIP_INVITATION, letter, { reserved: true });
  }

  /**
   * Revokes an invitation: its link becomes invalid. Revoking twice is a no-op.
   * @throws {AppError} NOT_FOUND, FORBIDDEN/MISSING_PERMISSION if it grants OPERATOR, CONFLICT if it was accepted
   */
  async revoke(actor: Actor, id: string): Promise<Invitation> {
    const { addressLinks, clock, db, events } = this.deps;
    const invitationId = parseId<InvitationId>(id);
    if (invitationId === null) throw new AppError("NOT_FOUND");
    const outcome = await db.transaction(async (tx) => {
      const invitation = await findInvitationForUpdate(tx, tenantScope(actor.viewer), invitationId);
      if (invitation === null || isHidden(invitation)) return "NOT_FOUND";
      if (invitation.acceptedAt) return "ACCEPTED";
      if (!canRevoke(actor.viewer, invitation)) return "ABOVE_VIEWER";
      if (invitation.revokedAt) return invitation;
      await addressLinks.revokeInvitation(tx, invitationId);
      await events.record(tx, invitationRevoked(invitation, actor));
      return (await updateInvitationRevoked(tx, invitationId, clock.now())) ?? "NOT_FOUND";
    });
    switch (outcome) {
      case "NOT_FOUND":
        throw new AppError("NOT_FOUND");
      case "ABOVE_VIEWER":
        throw missingPermission();
      case "ACCEPTED":
        throw new AppError("CONFLICT", { message: "This invitation has already been accepted." });
      default:
        return this.withStatus(outcome);
    }
  }

  /** The invitation with this id if the viewer may see it (admins of the tenant, operators); otherwise null. */
  async findVisible(viewer: Viewer, id: string): Promise<Invitation | null> {
    const invitationId = parseId<InvitationId>(id);
    const found = invitationId && (await findInvitation(this.deps.db, tenantScope(viewer), invitationId));
    return found &&
      !isHidden(found) &&
      canView(viewer, { tenantId: found.tenantId, userId: null }, "invitations:manage")
      ? this.withStatus(found)
      : null;
  }

  /** Voids all invitations of this user, in the transaction in which the user loses the right to invite. */
  readonly voidInvitationsOf = async (tx: Db, { id }: Pick<User, "id">): Promise<void> => {
    await updateInvitationsVoid(tx, id, this.deps.clock.now());
  };

  /** Voids only the invitations into one tenant. An admin there must not end invitations that the user sent elsewhere. */
  readonly voidInvitationsInto = async (
    tx: Db,
    { userId, tenantId }: { readonly userId: UserId; readonly tenantId: TenantId },
  ): Promise<void> => {
    await updateInvitationsVoid(tx, userId, this.deps.clock.now(), tenantId);
  };

  /**
   * Voids invitations that were sent since then by any inviter and grant more than the built-in role MEMBER. The step-up of their
   * inviters may have been forged.
   * @returns how many
   */
  voidPowerfulSince(since: Date): Promise<number> {
    const { clock, db } = this.deps;
    return updatePowerfulInvitationsVoid(db, { since, now: clock.now() });
  }

  /** Deletes invitations that are no longer needed. */
  async sweep(): Promise<void> {
    const { clock, db } = this.deps;
    await deleteOldInvitations(db, after(clock.now(), -INVITATION_RETENTION_MS));
  }

  /** The roles that each invitation grants. For DataLoader. */
  readonly rolesOf = async (invitations: readonly InvitationRow[]): Promise<RoleRow[][]> => {
    const all = await listRolesOfTenants(this.deps.db, [...new Set(invitations.map(({ tenantId }) => tenantId))]);
    return invitations.map((invitation) => all.filter((role) => isGivenBy(invitation, role)));
  };

  /** These invitations with their states. */
  async withStatuses(rows: Promise<readonly InvitationRow[]>): Promise<Invitation[]> {
    return (await rows).map((row) => this.withStatus(row));
  }

  /** The invitation with its state. */
  withStatus(row: InvitationRow): Invitation {
    return { ...row, status: statusOf(row, this.deps.clock.now()) };
  }
}

const missingPermission = (): AppError => new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION" });
