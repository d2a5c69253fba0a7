import type { InvitationActivation, InvitationRow } from "#features/invitations/index";
import { findLoginCandidate, type LoginCandidate, LoginOutdated } from "#features/login/index";
import {
  type ApprovalsService,
  admits,
  listUnclosedRegistrations,
  type RegistrationRow,
  type UserCreation,
} from "#features/registration/index";
import type { Tenant, TenantsService } from "#features/tenants/index";
import { canonicalEmail, isUnverified, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { ClientInfo } from "#shared/client-info";
import { AppError, assertNever } from "#shared/errors";
import type { SocialAccountId, UserId } from "#shared/ids";
import { DEFAULT_LOCALE } from "#shared/locales";
import type { VerifiedAddress } from "./address-proofs.service.ts";
import type { AuthenticatedIdentity } from "./authorization-requests.service.ts";
import { jitProvisioningFor } from "./jit-provisioning.policy.ts";
import type { SocialAccountsService } from "./social-accounts.service.ts";

export interface AccountLinkingDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tenants: Pick<TenantsService, "get">;
  readonly accounts: Pick<SocialAccountsService, "attach">;
  readonly creation: Pick<UserCreation, "create">;
  readonly invitations: Pick<InvitationActivation, "find" | "lock" | "consume" | "giveRoles">;
  readonly approvals: Pick<ApprovalsService, "requestVerified">;
  /** Whether a visitor may learn that an address is taken. */
  readonly revealTakenEmail: boolean;
}

/** A person with an unlinked account, whose address is verified by the provider or a mailed code. */
interface UnlinkedIdentity {
  readonly arrival: AuthenticatedIdentity;
  readonly email: string;
  readonly client: ClientInfo;
  readonly verifiedAddress: VerifiedAddress | null;
}

/** The tenant's decision: admitted, waiting for approval, or refused. */
type LinkingOutcome = "ADMITTED" | "ASK" | "REFUSED";

/**
 * Decides which user a not-yet-linked provider account belongs to. For an existing user, it is linked only at the end of the login
 * (`SocialAccountsService.linkAtLogin`); for a new one, here. An address not verified by the provider is never used for a
 * decision. Data left by others for an unverified address is deleted once the address is verified (Sudhodanan and Paverd,
 * "Pre-hijacked accounts", 2022).
 */
export class AccountLinkingService {
  constructor(private readonly deps: AccountLinkingDeps) {}

  /**
   * Returns the user with the address verified by the provider, if that user has verified it, too, with the data for the decision
   * over a login; null if no user has it.
   * @throws {AppError} FORBIDDEN/EMAIL_NOT_VERIFIED if the provider has not verified it; CONFLICT/EMAIL_TAKEN if the user has not
   * verified it, or if visitors may learn that it is taken
   */
  async findHolder({ identity }: AuthenticatedIdentity, deviceTokenHash: Buffer): Promise<LoginCandidate | null> {
    const { db, revealTakenEmail } = this.deps;
    const { email, emailVerified } = identity;
    const isVerifiedEmail = email !== null && emailVerified;
    if (!isVerifiedEmail && (email === null || !revealTakenEmail)) throw notVerified();
    const { candidate } = await findLoginCandidate(db, canonicalEmail(email), deviceTokenHash);
    const holder = candidate === null || isUnverified(candidate.user) ? null : candidate;
    if (holder !== null && !(isVerifiedEmail && holder.user.emailVerified)) throw emailTaken();
    if (!isVerifiedEmail) throw notVerified();
    return holder;
  }

  /**
   * Creates a user for a new person with a verified address, in a separate transaction that consumes `verifiedAddress`. If the situation has
   * changed concurrently, nothing is written and the caller decides again.
   * @param verifiedAddress null if the provider vouches for the address
   * @throws {AppError} FORBIDDEN, FORBIDDEN/APPROVAL_PENDING, NOT_FOUND if the tenant is suspended
   */
  async register(
    arrival: AuthenticatedIdentity,
    client: ClientInfo,
    verifiedAddress: VerifiedAddress | null,
  ): Promise<void> {
    const { email } = arrival.identity;
    if (email === null) throw notVerified();
    const { status, ...tenant } = await this.deps.tenants.get(arrival.tenantId);
    if (status !== "ACTIVE") throw new AppError("NOT_FOUND", { message: "There is no such tenant." });
    const outcome = await this.#create({ arrival, email, client, verifiedAddress }, { ...tenant, status });
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
   * The address has no user and is verified, so the new user is this person. No data that others left for the address, such as a
   * registration's password or name, is used.
   */
  async #create(unlinked: UnlinkedIdentity, tenant: Tenant): Promise<LinkingOutcome> {
    const { clock, creation, db, ids, invitations } = this.deps;
    const { arrival, email, client } = unlinked;
    const emailCanonical = canonicalEmail(email);
    const invitation = await invitations.find(db, tenant.id, emailCanonical);
    const waiting = await listUnclosedRegistrations(db, emailCanonical);
    const approval = waiting.find(
      (each) => each.status === "APPROVED" && each.tenantId === tenant.id && admits(each, clock.now()),
    );
    const { kind } = jitProvisioningFor(tenant, { invited: invitation !== null, approved: approval !== undefined });
    return db.transaction(async (tx): Promise<LinkingOutcome> => {
      if (kind === "REFUSED") {
        await unlinked.verifiedAddress?.use(tx);
        return kind;
      }
      if (kind === "ASK") return this.#ask(tx, unlinked, tenant);
      // Locked before the user is inserted, in the same order as when the invitation's link is followed.
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
        consumeProof: async (proving) => invitation === null || invitations.consume(proving, invitation),
      });
      if (user === null) throw new LoginOutdated("ACCOUNT_CHANGED");
      if (invitation !== null) await invitations.giveRoles(tx, user, invitation);
      await unlinked.verifiedAddress?.use(tx);
      return this.#attachFirst(tx, user, unlinked);
    });
  }

  async #ask(
    tx: Db,
    { arrival, email, client, verifiedAddress }: UnlinkedIdentity,
    tenant: Tenant,
  ): Promise<LinkingOutcome> {
    await verifiedAddress?.use(tx);
    await this.deps.approvals.requestVerified(tx, tenant, email, arrival.identity.name, client);
    return "ASK";
  }

  /** No notification: the user was created by this login. */
  async #attachFirst(tx: Db, user: User, { arrival, client }: UnlinkedIdentity): Promise<LinkingOutcome> {
    const { accounts, ids } = this.deps;
    const id = ids.next<SocialAccountId>();
    if (await accounts.attach(tx, user, arrival, client, { id, notify: false })) return "ADMITTED";
    // The account was linked concurrently, so the user must not be created.
    throw new LoginOutdated("ACCOUNT_CHANGED");
  }
}

const notVerified = (): AppError =>
  new AppError("FORBIDDEN", {
    reason: "EMAIL_NOT_VERIFIED",
    message: "The provider has not verified your address. Verify it there, or register here.",
  });

/** The user must log in as before. */
export const emailTaken = (): AppError =>
  new AppError("CONFLICT", {
    reason: "EMAIL_TAKEN",
    message: "This address is taken. Log in as you did before, then link the account.",
  });

/** Details of the security event: how the user was created. */
const originOf = (provider: string, invitation: InvitationRow | null, approval: RegistrationRow | undefined) => ({
  provider,
  ...(invitation && { invitedBy: invitation.invitedBy }),
  ...(approval && { registrationId: approval.id, by: approval.decidedBy }),
});
