import type { AuditLog } from "#features/audit/index";
import type { LinkRow, LinksService } from "#features/links/index";
import { findPassword, RESET_PASSWORD_LINK } from "#features/passwords/index";
import type { SessionsService } from "#features/sessions/index";
import type { TenantsService } from "#features/tenants/index";
import {
  canonicalEmail,
  findUserByEmail,
  findUserForUpdate,
  hasEmailForm,
  insertRoleGrants,
  insertUser,
  type User,
  updateUser,
  validateEmail,
  validateName,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { MailQueue } from "#platform/mail/index";
import { AppError, badInput } from "#shared/errors";
import type { UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { cleanNameOrNull } from "#shared/names";
import { operatorCreated, rolesChanged } from "./administration.events.ts";
import { normalizeRoles } from "./administration.policy.ts";
import { OPERATOR_INVITATION } from "./mails/operator-invitation.ts";

interface OperatorsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tenants: Pick<TenantsService, "default">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation" | "endAll">;
  readonly links: Pick<LinksService, "issue">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<AuditLog, "record">;
}

export interface NewOperator {
  readonly email: string;
  readonly name: string | null;
}

/** Creates operators. Command line only, because anyone with shell access can change the database anyway. */
export class OperatorsService {
  constructor(private readonly deps: OperatorsDeps) {}

  /**
   * Makes the owner of this address an operator. An active user is promoted; a new user has no password yet and needs a reset
   * link.
   * @throws {AppError} BAD_USER_INPUT; CONFLICT if the address belongs to a user who is not active
   */
  async create({ email, name }: NewOperator): Promise<User> {
    if (!hasEmailForm(email)) throw badInput({ path: "email", message: "This is not a valid e-mail address." });
    const faults = [...validateEmail(email, "email"), ...(name === null ? [] : validateName(name, "name"))];
    if (faults.length > 0) throw badInput(...faults);
    const known = await findUserByEmail(this.deps.db, canonicalEmail(email));
    return known ? this.#promote(known) : this.#insert({ email, name: cleanNameOrNull(name) });
  }

  /**
   * Mails a link for choosing a password to an operator without one.
   * @returns the link, or null if the operator has a password
   */
  invite({ id }: { readonly id: UserId }): Promise<LinkRow | null> {
    const { db, links, mails } = this.deps;
    return db.transaction(async (tx) => {
      const user = await findUserForUpdate(tx, id);
      if (user === null || (await findPassword(tx, id)) !== null) return null;
      const link = await links.issue(tx, { user, purpose: RESET_PASSWORD_LINK, payload: {} });
      await mails.enqueue(tx, OPERATOR_INVITATION, {
        to: user.email,
        locale: toLocale(user.locale),
        data: { name: user.name },
        link: { id: link.id },
      });
      return link;
    });
  }

  #promote({ id }: User): Promise<User> {
    const { clock, sessions, events } = this.deps;
    return sessions.withSessionInvalidation(id, async (tx) => {
      const user = await findUserForUpdate(tx, id);
      if (user?.status !== "ACTIVE")
        throw new AppError("CONFLICT", { message: "The address belongs to a user who is not active." });
      if (user.roles.includes("OPERATOR")) return user;
      const roles = normalizeRoles([...user.roles, "OPERATOR"]);
      await insertRoleGrants(tx, [{ user, roles: ["OPERATOR"], by: { userId: null } }], clock.now());
      await events.record(tx, rolesChanged(user, { from: user.roles, to: roles }));
      // These sessions were opened under the tenant's policy, perhaps with a password alone. Operators need a second factor.
      await sessions.endAll(tx, user, "ADMIN_REVOKED");
      return (await updateUser(tx, id, { roles })) ?? user;
    });
  }

  async #insert({ email, name }: NewOperator): Promise<User> {
    const { db, clock, ids, tenants, events } = this.deps;
    const tenant = await tenants.default();
    const roles = normalizeRoles(["OPERATOR"]);
    const inserted = await db.transaction(async (tx) => {
      const user = await insertUser(tx, {
        id: ids.next(),
        tenantId: tenant.id,
        email,
        emailCanonical: canonicalEmail(email),
        // The reset link goes to this address, so setting the password proves access to it.
        emailVerified: true,
        name,
        status: "ACTIVE",
        roles,
        createdAt: clock.now(),
      });
      if (user === null) return null;
      await insertRoleGrants(tx, [{ user, roles, by: { userId: null } }], clock.now());
      await events.record(tx, operatorCreated(user), rolesChanged(user, { from: ["USER"], to: roles }));
      return user;
    });
    if (inserted === null) throw new AppError("CONFLICT", { message: "The address was taken concurrently." });
    return inserted;
  }
}
