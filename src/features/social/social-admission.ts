import type { InvitationEntry, InvitationRow } from "#features/invitations/index";
import { type Candidate, findNamed, LoginOutdated } from "#features/login/index";
import {
  type ApprovalsService,
  admits,
  listUnclosedRegistrations,
  type RegistrationRow,
  type UserCreation,
} from "#features/registration/index";
import type { Tenant, TenantsService } from "#features/tenants/index";
import { canonicalEmail, isUnproved, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { Client } from "#shared/client";
import { AppError, assertNever } from "#shared/errors";
import type { SocialAccountId, UserId } from "#shared/ids";
import { DEFAULT_LOCALE } from "#shared/locales";
import type { ProvedAddress } from "./address-proofs.service.ts";
import { admissionTo } from "./admission.policy.ts";
import type { SocialAccountsService } from "./social-accounts.service.ts";
import type { Arrival } from "./social-visits.service.ts";

export interface SocialAdmissionDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tenants: Pick<TenantsService, "get">;
  readonly accounts: Pick<SocialAccountsService, "attach">;
  readonly creation: Pick<UserCreation, "create">;
  readonly invitations: Pick<InvitationEntry, "find" | "lock" | "consume" | "giveRoles">;
  readonly approvals: Pick<ApprovalsService, "requestProved">;
  /** Whether a visitor may learn that an address is taken. */
  readonly revealTakenEmail: boolean;
}

/** Somebody whom nobody here has seen, with an address that the provider or a mailed code has proved. */
interface Stranger {
  readonly arrival: Arrival;
  readonly email: string;
  readonly client: Client;
  readonly proof: ProvedAddress | null;
}

/** Whether the newcomer was admitted, and if not, why: by what the tenant wants. */
type Outcome = "ADMITTED" | "ASK" | "REFUSED";

/**
 * Whose an account at a provider is to be that nobody has yet. A user's it becomes by the end of the login only
 * (`SocialAccountsService.linkAtLogin`); a newcomer's here. Nothing is concluded from an address which the provider has
 * not verified; and what others have left here with an address that nobody had proved dies once it is proved (Sudhodanan and
 * Paverd, "Pre-hijacked accounts", 2022).
 */
export class SocialAdmission {
  constructor(private readonly deps: SocialAdmissionDeps) {}

  /**
   * Whose the address is that the provider has verified: a user's who has proved it, too, with what the decision over a login
   * needs; null if nobody's.
   * @throws {AppError} FORBIDDEN/EMAIL_NOT_VERIFIED if the provider has not verified it; CONFLICT/EMAIL_TAKEN if the user has
   * not, or if visitors may learn that it is taken
   */
  async findHolder({ identity }: Arrival, deviceTokenHash: Buffer): Promise<Candidate | null> {
    const { db, revealTakenEmail } = this.deps;
    const { email, emailVerified } = identity;
    const isProved = email !== null && emailVerified;
    if (!isProved && (email === null || !revealTakenEmail)) throw notVerified();
    const { candidate } = await findNamed(db, canonicalEmail(email), deviceTokenHash);
    const holder = candidate === null || isUnproved(candidate.user) ? null : candidate;
    if (holder !== null && !(isProved && holder.user.emailVerified)) throw emailTaken();
    if (!isProved) throw notVerified();
    return holder;
  }

  /**
   * Makes a user of a newcomer with a proved address, in a transaction of its own in which `proof` is consumed. If everything has
   * changed meanwhile, nothing is: the caller looks again.
   * @param proof null if the provider vouches for the address
   * @throws {AppError} FORBIDDEN, FORBIDDEN/APPROVAL_PENDING, NOT_FOUND if the tenant is suspended
   */
  async admit(arrival: Arrival, client: Client, proof: ProvedAddress | null): Promise<void> {
    const { email } = arrival.identity;
    if (email === null) throw notVerified();
    const { status, ...tenant } = await this.deps.tenants.get(arrival.tenantId);
    if (status !== "ACTIVE") throw new AppError("NOT_FOUND", { message: "There is no such tenant." });
    const outcome = await this.#create({ arrival, email, client, proof }, { ...tenant, status });
    switch (outcome) {
      case "ADMITTED":
        return;
      case "REFUSED":
        throw new AppError("FORBIDDEN", {
          message: "Registration is by invitation only: follow the link in your invitation.",
        });
      case "ASK":
        throw new AppError("FORBIDDEN", {
          reason: "APPROVAL_PENDING",
          message: "An admin must approve this. You will receive the decision by mail.",
        });
      default:
        return assertNever(outcome);
    }
  }

  /**
   * Nobody has the address, and it is proved, so the user is this person; nothing that others left here with it, a
   * registration's password or name, becomes theirs.
   */
  async #create(stranger: Stranger, tenant: Tenant): Promise<Outcome> {
    const { clock, creation, db, ids, invitations } = this.deps;
    const { arrival, email, client } = stranger;
    const emailCanonical = canonicalEmail(email);
    const invitation = await invitations.find(db, tenant.id, emailCanonical);
    const waiting = await listUnclosedRegistrations(db, emailCanonical);
    const approval = waiting.find(
      (each) => each.status === "APPROVED" && each.tenantId === tenant.id && admits(each, clock.now()),
    );
    const { kind } = admissionTo(tenant, { invited: invitation !== null, approved: approval !== undefined });
    return db.transaction(async (tx): Promise<Outcome> => {
      if (kind === "REFUSED") {
        await stranger.proof?.use(tx);
        return kind;
      }
      if (kind === "ASK") return this.#ask(tx, stranger, tenant);
      // Before the user, as whoever follows the invitation's link does.
      if (invitation !== null && !(await invitations.lock(tx, invitation))) throw new LoginOutdated("ACCOUNT_CHANGED");
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
      if (user === null) throw new LoginOutdated("ACCOUNT_CHANGED");
      if (invitation !== null) await invitations.giveRoles(tx, user, invitation);
      await stranger.proof?.use(tx);
      return this.#attachFirst(tx, user, stranger);
    });
  }

  async #ask(tx: Db, { arrival, email, client, proof }: Stranger, tenant: Tenant): Promise<Outcome> {
    await proof?.use(tx);
    await this.deps.approvals.requestProved(tx, tenant, email, arrival.identity.name, client);
    return "ASK";
  }

  /** Nobody is told: the account is as old as its user. */
  async #attachFirst(tx: Db, user: User, { arrival, client }: Stranger): Promise<Outcome> {
    const { accounts, ids } = this.deps;
    const id = ids.next<SocialAccountId>();
    if (await accounts.attach(tx, user, arrival, client, { id, tell: false })) return "ADMITTED";
    // Somebody has it since: the user must not come to be.
    throw new LoginOutdated("ACCOUNT_CHANGED");
  }
}

const notVerified = (): AppError =>
  new AppError("FORBIDDEN", {
    reason: "EMAIL_NOT_VERIFIED",
    message: "The provider has not verified your address. Verify it there, or register here.",
  });

/** The user is to log in as before. */
export const emailTaken = (): AppError =>
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
