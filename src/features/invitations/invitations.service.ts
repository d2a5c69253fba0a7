import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { Ids } from "../../platform/ids.ts";
import type { MailQueue } from "../../platform/mail/index.ts";
import { AppError, assertNever, badInput } from "../../shared/errors.ts";
import { toLocale } from "../../shared/locales.ts";
import type { Role } from "../../shared/roles.ts";
import { provedWithin, REAUTH_MAX_AGE } from "../../shared/viewer.ts";
import { forgetUser } from "../account/index.ts";
import { type Actor, mayGrant, normalizeRoles, rolesChanged } from "../administration/index.ts";
import type { SecurityLog } from "../audit/index.ts";
import type { LinksService } from "../links/index.ts";
import { findAddressHolderForUpdate } from "../registration/index.ts";
import type { Tenant, TenantsService } from "../tenants/index.ts";
import {
  canonicalEmail,
  emailFaults,
  insertUser,
  type NewUser,
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
  readonly links: Pick<LinksService, "issue">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<SecurityLog, "record" | "forgetPerson">;
}

/** One invitation on its way: who invites whom, where to. */
interface Draft {
  readonly actor: Actor;
  readonly tenant: Tenant;
  readonly invited: Pick<NewUser, "email" | "emailCanonical" | "name" | "locale"> & { readonly roles: Role[] };
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
   * may know that an address is taken: they could see it from whether the invitation works. Throws BAD_USER_INPUT,
   * FORBIDDEN/INSUFFICIENT_ROLE where an admin would make an operator, REAUTHENTICATION_REQUIRED for more than USER,
   * CONFLICT/EMAIL_TAKEN.
   */
  async invite(actor: Actor, { email, name = null, roles: wanted }: Invitation): Promise<User> {
    const { clock, db, tenants, users } = this.#deps;
    const faults = [...emailFaults(email, "input.email"), ...(name === null ? [] : nameFaults(name, "input.name"))];
    if (faults.length > 0) throw badInput(...faults);
    const { tenantId, userId } = actor.viewer;
    const roles = normalizeRoles(wanted);
    if (!mayGrant(actor.viewer, roles, { tenantId, roles: [] })) throw insufficientRole();
    // As for `setUserRoles`: else whoever has an admin's session, and no credential, would make an admin of his own this way.
    const givesPower = roles.some((role) => role !== "USER");
    if (givesPower && !provedWithin(actor.viewer, REAUTH_MAX_AGE, clock.now()))
      throw new AppError("REAUTHENTICATION_REQUIRED");

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
    const { clock, ids, events } = this.#deps;
    const { actor, tenant, invited } = draft;
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const newcomer = await insertUser(tx, {
        ...invited,
        id: ids.next(),
        tenantId: tenant.id,
        status: "INVITED",
        createdAt: clock.now(),
      });
      if (newcomer !== null) {
        await events.record(tx, userInvited(newcomer, actor));
        return this.#mailLink(tx, draft, newcomer);
      }
      const holder = await findAddressHolderForUpdate(tx, invited.emailCanonical);
      if (holder?.status === "INVITED" && holder.tenantId === tenant.id) return this.#inviteAgain(tx, draft, holder);
      if (holder !== null && holder.status !== "PENDING_VERIFICATION") return "TAKEN";
      // Nobody has proved this address: it was typed in by whoever registered. An admin who answers for the invitation
      // goes before, or a stranger could keep people out of their company. All that belonged to the wish dies with it, the
      // password and the links above all: followed by mistake, one would open the account to the stranger's password.
      if (holder !== null) await forgetUser(tx, events, holder);
    }
    return "BUSY";
  }

  /** Nobody can have signed in as an invited user, so no session knows the roles. */
  async #inviteAgain(tx: Db, draft: Draft, holder: User): Promise<Outcome> {
    const { actor, invited } = draft;
    if (!mayGrant(actor.viewer, invited.roles, holder)) return "ABOVE_INVITER";
    const { email, name, roles } = invited;
    const from = normalizeRoles(holder.roles);
    if (from.join() !== roles.join())
      await this.#deps.events.record(tx, rolesChanged(holder, { from, to: roles }, actor));
    const user = await updateUser(tx, holder.id, { email, name, roles });
    return user === null ? "BUSY" : this.#mailLink(tx, draft, user);
  }

  async #mailLink(tx: Db, { tenant }: Draft, user: User): Promise<User> {
    const { links, mails } = this.#deps;
    const link = await links.issue(tx, { user, purpose: "invitation", replaceOlder: true });
    const { email: to } = user;
    const data = { company: tenant.name };
    await mails.enqueue(tx, { template: "user-invitation", to, locale: toLocale(user.locale), data, link });
    return user;
  }
}

const insufficientRole = (): AppError => new AppError("FORBIDDEN", { reason: "INSUFFICIENT_ROLE" });
