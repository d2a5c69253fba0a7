import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { Ids } from "../../platform/ids.ts";
import type { MailQueue } from "../../platform/mail/index.ts";
import type { Client } from "../../shared/client.ts";
import { AppError, badInput, type FieldFault } from "../../shared/errors.ts";
import type { UserId } from "../../shared/ids.ts";
import { DEFAULT_LOCALE, toLocale } from "../../shared/locales.ts";
import { cleanName, cleanNameOrNull } from "../../shared/names.ts";
import { MIN_PASSWORD_LENGTH } from "../../shared/password-text.ts";
import type { SecurityLog } from "../audit/index.ts";
import type { LinkPayload, LinkRow, LinksService } from "../links/index.ts";
import type { PasswordsService } from "../passwords/index.ts";
import { findAddressHolderForUpdate, type RegistrationNext } from "../registration/index.ts";
import {
  type SapConnection,
  type SapConnectionDetails,
  type SapProfile,
  type SapService,
  sapConnectionFaults,
} from "../sap/index.ts";
import { PROVISIONAL, type Tenant } from "../tenants/index.ts";
import {
  canonicalEmail,
  emailFaults,
  findUserByEmail,
  insertUser,
  isUnproved,
  type NewUser,
  nameFaults,
  type User,
} from "../users/index.ts";
import { adminRegistered, tenantOnboarded } from "./onboarding.events.ts";
import { ADMIN_ROLES, companyNameFaults } from "./onboarding.policy.ts";
import { insertTenant } from "./onboarding.repository.ts";

export interface OnboardingRequest {
  readonly companyName: string;
  readonly adminEmail: string;
  readonly adminName: string;
  readonly password: string;
  readonly sapConnection?: SapConnectionDetails | null | undefined;
}

export interface OnboardingDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly links: Pick<LinksService, "issue">;
  readonly passwords: Pick<PasswordsService, "hashNew" | "storePassword">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<SecurityLog, "record">;
  readonly sap: Pick<SapService, "checkForVisitor" | "store">;
  /** Whether a visitor may learn that an address is taken. */
  readonly revealTakenEmail: boolean;
}

export interface Onboarded {
  readonly tenant: Tenant;
  readonly next: RegistrationNext;
  /** The company's SAP system as it was found just now, where there is one. */
  readonly connection: SapConnection | null;
}

/** A system that was reached, and what was found there. */
interface Sap {
  readonly details: SapConnectionDetails;
  readonly profile: SapProfile;
}

/** A request that may be carried out. */
interface Plan {
  readonly company: string;
  readonly email: string;
  readonly wish: NonNullable<LinkPayload["registration"]> & { readonly passwordHash: string };
  readonly sap: Sap | null;
  readonly client: Client;
}

/** How a company comes to be here: it and its first admin, who must then prove the address. */
export class OnboardingService {
  readonly #deps: OnboardingDeps;

  constructor(deps: OnboardingDeps) {
    this.#deps = deps;
  }

  /**
   * Sets a company up. A taken address is answered as a free one, with a tenant that is not kept, and its owner is told.
   * Nothing is kept, either, where its SAP system does not answer as it must. Throws BAD_USER_INPUT,
   * BAD_REQUEST/WEAK_PASSWORD, what `SapService.checkForVisitor` throws; CONFLICT/EMAIL_TAKEN by setting.
   */
  async onboard(request: OnboardingRequest, client: Client): Promise<Onboarded> {
    const { passwords, db, revealTakenEmail, sap: gateway } = this.#deps;
    const faults = faultsOf(request);
    if (faults.length > 0) throw badInput(...faults);
    const { adminEmail: email, password, sapConnection: details = null } = request;
    if (revealTakenEmail && isTaken(await findUserByEmail(db, canonicalEmail(email)))) throw emailTaken();

    const name = cleanNameOrNull(request.adminName);
    const owner = { email, username: null, name };
    const passwordHash = await passwords.hashNew(password, owner, MIN_PASSWORD_LENGTH, "input.password");
    const wish = { passwordHash, username: null, name, locale: DEFAULT_LOCALE };
    const company = cleanName(request.companyName);
    const sap = details && { details, profile: await gateway.checkForVisitor(details, "input.sapConnection") };

    const { tenant, kept } = await db.transaction((tx) => this.#admit(tx, { company, email, wish, sap, client }));
    if (!kept && revealTakenEmail) throw emailTaken();
    return { tenant, next: "VERIFY_EMAIL", connection: sap && connectionOf(tenant, sap) };
  }

  /**
   * Does the same for every address, whoever has it, and then undoes what must not be: the time must not tell.
   * A savepoint holds what is undone.
   */
  async #admit(tx: Db, plan: Plan): Promise<{ readonly tenant: Tenant; readonly kept: boolean }> {
    try {
      const { tenant, link } = await tx.transaction((attempt) => this.#found(attempt, plan));
      await this.#mailLink(tx, plan, link);
      return { tenant, kept: true };
    } catch (error) {
      if (!(error instanceof TakenError)) throw error;
      if (!this.#deps.revealTakenEmail) await this.#tellOwner(tx, error.owner);
      return { tenant: error.tenant, kept: false };
    }
  }

  async #found(tx: Db, plan: Plan): Promise<{ readonly tenant: Tenant; readonly link: LinkRow }> {
    const { clock, ids, events, links, passwords, sap: connections } = this.#deps;
    const { company, email, wish, sap, client } = plan;
    const slug = `${PROVISIONAL}${ids.next()}`;
    const tenant = await insertTenant(tx, { id: ids.next(), slug, name: company, createdAt: clock.now() });
    const holder = await findAddressHolderForUpdate(tx, canonicalEmail(email));
    // In the place of the owner of a taken address: somebody who is gone in a moment.
    const newcomer = await insertUser(
      tx,
      this.#newAdmin(tenant, wish, isTaken(holder) ? `${ids.next()}@nobody.invalid` : email),
    );
    // Where somebody's earlier wish waits for a proof of the same address, that one stays as it is: this one lies in a link of
    // its own, and comes true for whoever follows it.
    const admin = newcomer ?? holder ?? (await findAddressHolderForUpdate(tx, canonicalEmail(email)));
    // Taken at this very moment, and deleted since: whoever tries again finds it free.
    if (admin === null) throw new AppError("SERVICE_UNAVAILABLE", { retryAfter: 1 });

    const user = { id: admin.id, tenantId: tenant.id };
    const payload = { registration: { ...wish, tenantId: tenant.id } };
    const [link] = await Promise.all([
      links.issue(tx, { user, purpose: "activate", payload, replaceOlder: false }),
      events.record(tx, tenantOnboarded(tenant.id, client), ...(newcomer ? [adminRegistered(newcomer, client)] : [])),
      newcomer && passwords.storePassword(tx, newcomer, wish.passwordHash),
      sap && connections.store(tx, tenant.id, sap.details, sap.profile),
    ]);
    const owner = [holder, admin].find(isTaken);
    if (owner) throw new TakenError(tenant, owner);
    return { tenant, link };
  }

  #newAdmin(tenant: Tenant, { name, locale }: Plan["wish"], email: string): NewUser {
    return {
      id: this.#deps.ids.next<UserId>(),
      tenantId: tenant.id,
      email,
      emailCanonical: canonicalEmail(email),
      name,
      locale,
      status: "PENDING_VERIFICATION",
      roles: [...ADMIN_ROLES],
      createdAt: tenant.createdAt,
    };
  }

  async #mailLink(tx: Db, { email: to, wish }: Plan, link: LinkRow): Promise<void> {
    const locale = toLocale(wish.locale);
    await this.#deps.mails.enqueue(tx, { template: "tenant-activation", to, locale, data: {}, link });
  }

  async #tellOwner(tx: Db, owner: User): Promise<void> {
    const { clock, mails } = this.#deps;
    const data = { name: owner.name, at: clock.now() };
    await mails.enqueue(tx, { template: "already-registered", to: owner.email, locale: toLocale(owner.locale), data });
  }
}

/** Whether somebody has the address for good; whoever never proved it, invited or not, has not. */
const isTaken = (holder: User | null): holder is User => holder !== null && !isUnproved(holder);

const connectionOf = ({ id }: Tenant, { details, profile }: Sap): SapConnection => ({
  tenantId: id,
  baseUrl: details.baseUrl.href,
  reachable: true,
  checkedAt: profile.checkedAt,
  services: [...profile.services],
});

const emailTaken = (): AppError =>
  new AppError("CONFLICT", { reason: "EMAIL_TAKEN", message: "This address is taken." });

const faultsOf = ({ companyName, adminEmail, adminName, sapConnection }: OnboardingRequest): FieldFault[] => [
  ...companyNameFaults(companyName, "input.companyName"),
  ...emailFaults(adminEmail, "input.adminEmail"),
  ...nameFaults(adminName, "input.adminName"),
  ...(sapConnection ? sapConnectionFaults(sapConnection, "input.sapConnection") : []),
];

/** Rolls the company back, but not the mail to the address's owner; never leaves this file. */
class TakenError extends Error {
  readonly tenant: Tenant;
  readonly owner: User;

  constructor(tenant: Tenant, owner: User) {
    super("The address is taken.");
    this.tenant = tenant;
    this.owner = owner;
  }
}
