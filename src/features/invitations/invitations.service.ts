import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { Ids } from "../../platform/ids.ts";
import type { Limits } from "../../platform/limits/limits.ts";
import type { MailQueue } from "../../platform/mail/index.ts";
import { AppError, assertNever, badInput } from "../../shared/errors.ts";
import { toLocale } from "../../shared/locales.ts";
import type { Role } from "../../shared/roles.ts";
import { provedWithin, REAUTH_MAX_AGE } from "../../shared/viewer.ts";
import { type Actor, mayGrant, normalizeRoles, rolesChanged } from "../administration/index.ts";
import type { SecurityLog } from "../audit/index.ts";
import type { LinksService } from "../links/index.ts";
import { findAddressHolderForUpdate } from "../registration/index.ts";
import { type Tenant, type TenantsService, takeTenantMail } from "../tenants/index.ts";
import {
  canonicalEmail,
  emailFaults,
  insertUser,
  isUnproved,
  nameFaults,
  type User,
  type UsersService,
  updateUser,
} from "../users/index.ts";
import { userInvited } from "./invitations.events.ts";

export interface Invitation {
  readonly email: string;
  readonly name?: string | null | undefined;
  readonly roles: readonly Role[];
}

export interface InvitationsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tenants: Pick<TenantsService, "get">;
  readonly users: Pick<UsersService, "get">;
  readonly links: Pick<LinksService, "issue" | "revoke">;
  readonly limits: Pick<Limits, "take">;
  readonly mails: Pick<MailQueue, "admit" | "enqueue">;
  readonly events: Pick<SecurityLog, "record">;
}

/** One invitation on its way: who invites whom, where to. */
interface Draft {
  readonly actor: Actor;
  readonly tenant: Tenant;
  readonly invited: Pick<User, "email" | "emailCanonical" | "name" | "locale" | "roles">;
}

type Outcome = User | "TAKEN" | "ABOVE_INVITER" | "BUSY";

/** Of two who invite at once one waits for the other, and looks again. */
const MAX_TRIES = 3;

/** How admins bring people into their tenant. */
export class InvitationsService {
  readonly #deps: InvitationsDeps;

  constructor(deps: InvitationsDeps) {
    this.#deps = deps;
  }

  /**
   * Invites somebody, or once more: then the older link dies, and name and roles are those of the newer invitation. Admins
   * may know that an address is taken: they could see it from whether the invitation works. An address that nobody has proved
   * is not taken, whoever waits for it; where that is in another tenant, the answer is the user as he will be, who is kept
   * nowhere before the link is followed. Throws BAD_USER_INPUT, FORBIDDEN/INSUFFICIENT_ROLE where an admin would make an
   * operator, REAUTHENTICATION_REQUIRED for more than USER, CONFLICT/EMAIL_TAKEN, RATE_LIMITED.
   */
  async invite(actor: Actor, { email, name = null, roles: wanted }: Invitation): Promise<User> {
    const { clock, db, limits, tenants, users } = this.#deps;
    const faults = [...emailFaults(email, "input.email"), ...(name === null ? [] : nameFaults(name, "input.name"))];
    if (faults.length > 0) throw badInput(...faults);
    const { tenantId, userId } = actor.viewer;
    const roles = normalizeRoles(wanted);
    if (!mayGrant(actor.viewer, roles, { tenantId, roles: [] })) throw insufficientRole();
    // As for `setUserRoles`: else whoever has an admin's session, and no credential, would make an admin of his own this way.
    const givesPower = roles.some((role) => role !== "USER");
    if (givesPower && !provedWithin(actor.viewer, REAUTH_MAX_AGE, clock.now()))
      throw new AppError("REAUTHENTICATION_REQUIRED");

    await takeTenantMail(limits, db, tenantId);
    // Colleagues are likely to speak one language.
    const [tenant, { locale }] = await Promise.all([tenants.get(tenantId), users.get(userId)]);
    const invited = { email, emailCanonical: canonicalEmail(email), name: name?.trim() || null, roles, locale };
    const outcome = await db.transaction((tx) => this.#invite(tx, { actor, tenant, invited }));
    switch (outcome) {
      case "TAKEN":
        throw new AppError("CONFLICT", { reason: "EMAIL_TAKEN", message: "This address is taken." });
      case "ABOVE_INVITER":
        throw insufficientRole();
      case "BUSY":
        throw new AppError("SERVICE_UNAVAILABLE", { retryAfter: 1 });
      default:
        return typeof outcome === "string" ? assertNever(outcome) : outcome;
    }
  }

  async #invite(tx: Db, draft: Draft): Promise<Outcome> {
    const { actor, tenant, invited } = draft;
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const user = this.#asInvited(draft);
      if ((await insertUser(tx, user)) !== null) {
        await this.#deps.events.record(tx, userInvited(user, actor));
        return this.#mailLink(tx, draft, user);
      }
      const holder = await findAddressHolderForUpdate(tx, invited.emailCanonical);
      if (holder === null) continue;
      if (!isUnproved(holder)) return "TAKEN";
      if (holder.tenantId === tenant.id) return this.#inviteOwn(tx, draft, holder);
      // Another tenant's wish, or a stranger's, waits for a proof of the same address. It stays as it is, for anybody can be
      // the admin of a tenant; this invitation lies in a link of its own. Who waits there is not the inviter's to see.
      await this.#mailLink(tx, draft, holder);
      return user;
    }
    return "BUSY";
  }

  /** Somebody who waits in this tenant: a visitor's wish stays, an older invitation is replaced. No session knows the roles. */
  async #inviteOwn(tx: Db, draft: Draft, holder: User): Promise<Outcome> {
    const { actor, invited } = draft;
    if (!mayGrant(actor.viewer, invited.roles, holder)) return "ABOVE_INVITER";
    if (holder.status !== "INVITED") return this.#mailLink(tx, draft, holder);
    const { email, name, roles } = invited;
    const from = normalizeRoles(holder.roles);
    if (from.join() !== roles.join())
      await this.#deps.events.record(tx, rolesChanged(holder, { from, to: roles }, actor));
    const user = await updateUser(tx, holder.id, { email, name, roles });
    return user === null ? "BUSY" : this.#mailLink(tx, draft, user);
  }

  /** The caller holds the lock of the user's row. */
  async #mailLink(tx: Db, { actor, tenant, invited }: Draft, user: User): Promise<User> {
    const { links, mails } = this.#deps;
    const { email: to, locale, name, roles } = invited;
    // Before older links are revoked: a spent budget must not end one that was sent. The inviter gets the same answer.
    if (!(await mails.admit(tx, { template: "user-invitation", to })).admitted) return user;
    const invitation = { name, roles, locale, invitedBy: actor.viewer.userId };
    // The tenant's own older ones die; another tenant's invitation is not its to take back.
    await links.revoke(tx, user.id, ["invitation"], { tenantId: tenant.id });
    const link = await links.issue(tx, {
      user: { id: user.id, tenantId: tenant.id },
      purpose: "invitation",
      payload: { invitation },
      replaceOlder: false,
    });
    const data = { company: tenant.name };
    const mail = { template: "user-invitation", to, locale: toLocale(locale), data, link } as const;
    await mails.enqueue(tx, mail, { admitted: true });
    return user;
  }

  #asInvited({ tenant, invited }: Draft): User {
    const { clock, ids } = this.#deps;
    return {
      ...invited,
      id: ids.next(),
      tenantId: tenant.id,
      status: "INVITED",
      emailVerified: false,
      username: null,
      usernameCanonical: null,
      passwordResetRequired: false,
      preferredFactor: null,
      lastLoginAt: null,
      createdAt: clock.now(),
    };
  }
}

const insufficientRole = (): AppError => new AppError("FORBIDDEN", { reason: "INSUFFICIENT_ROLE" });
