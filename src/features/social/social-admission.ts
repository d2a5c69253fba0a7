import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { Ids } from "../../platform/ids.ts";
import type { Client } from "../../shared/client.ts";
import { AppError, assertNever } from "../../shared/errors.ts";
import type { UserId } from "../../shared/ids.ts";
import { DEFAULT_LOCALE } from "../../shared/locales.ts";
import { NO_RISK } from "../../shared/risk.ts";
import type { InvitationEntry, InvitationRow } from "../invitations/index.ts";
import { type LoginCompletion, obstacleTo } from "../login/index.ts";
import {
  type ApprovalsService,
  admits,
  listUnclosedRegistrations,
  type RegistrationRow,
  type UserCreation,
} from "../registration/index.ts";
import type { Tenant, TenantsService } from "../tenants/index.ts";
import { canonicalEmail, findUserByEmail, findUserForUpdate, isUnproved, type User } from "../users/index.ts";
import { admissionTo } from "./admission.policy.ts";
import { findSocialAccount } from "./social-accounts.repository.ts";
import type { SocialAccountsService } from "./social-accounts.service.ts";
import type { Arrival } from "./social-visits.service.ts";

export interface SocialAdmissionDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tenants: Pick<TenantsService, "get">;
  readonly accounts: Pick<SocialAccountsService, "attach" | "wasUnlinked">;
  readonly creation: Pick<UserCreation, "create">;
  readonly invitations: Pick<InvitationEntry, "find" | "lock" | "consume">;
  readonly approvals: Pick<ApprovalsService, "requestProved">;
  readonly completion: Pick<LoginCompletion, "keepOut">;
  /** Whether a visitor may learn that an address is taken. */
  readonly revealTakenEmail: boolean;
}

/** Somebody whom nobody here has seen, with an address that the provider has verified. */
interface Stranger {
  readonly arrival: Arrival;
  readonly email: string;
  readonly client: Client;
}

/** Why nobody was let in: by what the tenant wants, because the user has another account there, or as all has changed meanwhile. */
type Outcome = "ADMITTED" | "OUTDATED" | "TAKEN" | "ASK" | "REFUSED";

/**
 * Whose an account at a provider is to be that nobody has yet. Nothing is concluded from an address which the provider has
 * not verified; and what others have left here with an address that nobody had proved dies once it is proved (Sudhodanan and
 * Paverd, "Pre-hijacked accounts", 2022).
 */
export class SocialAdmission {
  readonly #deps: SocialAdmissionDeps;

  constructor(deps: SocialAdmissionDeps) {
    this.#deps = deps;
  }

  /**
   * Makes the account somebody's way in, in a transaction of its own: the user's who has proved the same address, or a
   * newcomer's. It may find that somebody else has just done so: then look again. Throws FORBIDDEN with what keeps the user or
   * the newcomer out, CONFLICT/EMAIL_TAKEN, NOT_FOUND where the tenant is suspended by now.
   */
  async admit(arrival: Arrival, client: Client): Promise<void> {
    const { email, emailVerified } = arrival.identity;
    if (email === null || !emailVerified) throw await this.#withoutProof(arrival);
    const holder = await findUserByEmail(this.#deps.db, canonicalEmail(email));
    const stranger = { arrival, email, client };
    const outcome = await this.#admit(stranger, holder).catch((error: unknown) => {
      if (error instanceof OutdatedError) return "OUTDATED" as const;
      throw error;
    });
    switch (outcome) {
      case "ADMITTED":
      case "OUTDATED":
        return;
      case "TAKEN":
        throw emailTaken();
      case "REFUSED":
        throw new AppError("FORBIDDEN", { message: "People come by invitation only: follow the link in yours." });
      case "ASK":
        throw new AppError("FORBIDDEN", {
          reason: "APPROVAL_PENDING",
          message: "An admin is asked to approve this. A mail tells what comes of it.",
        });
      default:
        assertNever(outcome);
    }
  }

  async #admit(stranger: Stranger, holder: User | null): Promise<Outcome> {
    if (holder !== null && !isUnproved(holder)) return this.#join(stranger, holder);
    const tenant = await this.#deps.tenants.get(stranger.arrival.tenantId);
    if (tenant.status !== "ACTIVE") throw new AppError("NOT_FOUND", { message: "There is no such tenant." });
    return this.#create(stranger, tenant);
  }

  /** The same answer for every address, unless the settings allow to tell. */
  async #withoutProof({ identity }: Arrival): Promise<AppError> {
    const email = this.#deps.revealTakenEmail ? identity.email : null;
    const holder = email === null ? null : await findUserByEmail(this.#deps.db, canonicalEmail(email));
    if (holder !== null && !isUnproved(holder)) return emailTaken();
    return new AppError("FORBIDDEN", {
      reason: "EMAIL_NOT_VERIFIED",
      message: "The provider has not verified your address. Verify it there, or register here.",
    });
  }

  /** Both sides have the address proved: it is one person. Where only the provider has, the user links it by hand. */
  async #join({ arrival, client }: Stranger, holder: User): Promise<Outcome> {
    const { accounts, completion, db, tenants } = this.#deps;
    if (!holder.emailVerified) return "TAKEN";
    const { status: tenantStatus } = await tenants.get(holder.tenantId);
    const obstacle = obstacleTo({ ...holder, tenantStatus });
    const { emailCanonical: identifier } = holder;
    if (obstacle) return completion.keepOut({ identifier, user: holder, client, risk: NO_RISK }, obstacle);
    return db.transaction(async (tx): Promise<Outcome> => {
      const user = await findUserForUpdate(tx, holder.id);
      // The address may be another one's by now, or the user be shut out.
      if (user === null || !user.emailVerified || user.emailCanonical !== identifier) return "OUTDATED";
      if (obstacleTo({ ...user, tenantStatus })) return "OUTDATED";
      // The owner has shut this way, perhaps as somebody else came by it; the address there is still the same.
      if (await accounts.wasUnlinked(tx, user.id, arrival.provider)) return "TAKEN";
      if (await accounts.attach(tx, user, arrival, client, { tell: true })) return "ADMITTED";
      // Nobody has it: so the user has another one of this provider.
      return (await findSocialAccount(tx, arrival.identity)) === null ? "TAKEN" : "OUTDATED";
    });
  }

  /**
   * Nobody has the address. The provider has proved it, so the user is this person; nothing that others left here with it, a
   * registration's password or name, becomes theirs.
   */
  async #create(stranger: Stranger, tenant: Tenant): Promise<Outcome> {
    const { clock, creation, db, ids, invitations } = this.#deps;
    const { arrival, email, client } = stranger;
    const emailCanonical = canonicalEmail(email);
    const invitation = await invitations.find(db, tenant.id, emailCanonical);
    const waiting = await listUnclosedRegistrations(db, emailCanonical);
    const approval = waiting.find(
      (each) => each.status === "APPROVED" && each.tenantId === tenant.id && admits(each, clock.now()),
    );
    const { kind } = admissionTo(tenant, { invited: invitation !== null, approved: approval !== undefined });
    if (kind === "REFUSED") return kind;
    return db.transaction(async (tx): Promise<Outcome> => {
      if (kind === "ASK") return this.#ask(tx, stranger, tenant);
      // Before the user, as whoever follows the invitation's link does.
      if (invitation !== null && !(await invitations.lock(tx, invitation))) throw new OutdatedError();
      const { name, locale, roles } = invitation ?? {
        name: arrival.identity.name,
        locale: DEFAULT_LOCALE,
        roles: ["USER" as const],
      };
      const user = await creation.create(tx, {
        person: { id: ids.next<UserId>(), tenantId: tenant.id, email, name, locale, roles },
        passwordHash: null,
        username: { wanted: null, optional: true },
        client,
        grantedBy: invitation?.invitedBy ?? approval?.decidedBy ?? null,
        details: originOf(arrival.provider, invitation, approval),
        registrationId: approval?.id ?? null,
        prove: async (proving) => invitation === null || invitations.consume(proving, invitation),
      });
      if (user === null) throw new OutdatedError();
      return this.#attachFirst(tx, user, stranger);
    });
  }

  async #ask(tx: Db, { arrival, email, client }: Stranger, tenant: Tenant): Promise<Outcome> {
    await this.#deps.approvals.requestProved(tx, tenant, email, arrival.identity.name, client);
    return "ASK";
  }

  /** Nobody is told: the account is as old as its user. */
  async #attachFirst(tx: Db, user: User, { arrival, client }: Stranger): Promise<Outcome> {
    if (await this.#deps.accounts.attach(tx, user, arrival, client, { tell: false })) return "ADMITTED";
    // Somebody has it since: the user must not come to be.
    throw new OutdatedError();
  }
}

const emailTaken = (): AppError =>
  new AppError("CONFLICT", {
    reason: "EMAIL_TAKEN",
    message: "This address is taken. Log in as you did before, then link the account.",
  });

/** Of the event: how the user came. */
const originOf = (provider: string, invitation: InvitationRow | null, approval: RegistrationRow | undefined) => ({
  provider,
  ...(invitation && { invitedBy: invitation.invitedBy }),
  ...(approval && { registrationId: approval.id, by: approval.decidedBy }),
});

/** Rolls the transaction back; never leaves this file. */
class OutdatedError extends Error {}
