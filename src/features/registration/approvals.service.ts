import { z } from "zod";
import type { AuditLog } from "#features/audit/index";
import type { AddressLinks } from "#features/links/index";
import { listActiveAdmins } from "#features/memberships/index";
import { consumeTenantMailLimit, lockTenant, type Tenant, type TenantsService } from "#features/tenants/index";
import { canonicalEmail, findUserByEmail, isUnverified } from "#features/users/index";
import type { Clock } from "#platform/clock";
import { listChildPages } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { JobQueue, Task } from "#platform/jobs/jobs";
import type { Limits } from "#platform/limits/limits";
import type { MailQueue } from "#platform/mail/index";
import type { TransactionEvents } from "#platform/transaction-events";
import { canView, tenantScope } from "#shared/access-policy";
import type { Actor } from "#shared/actor";
import type { ClientInfo } from "#shared/client-info";
import { after } from "#shared/durations";
import { AppError, badInput } from "#shared/errors";
import { parseId, type RegistrationId, type TenantId } from "#shared/ids";
import { DEFAULT_LOCALE, toLocale } from "#shared/locales";
import { cleanNameOrNull } from "#shared/names";
import { ALWAYS, type Page, type PageRequest, type PagesOf, type Period, toPage, toSlice } from "#shared/paging";
import { validateReason } from "#shared/reasons";
import { forbidWebAddress } from "#shared/text";
import type { Viewer } from "#shared/viewer";
import {
  countRegistrations,
  type Decision,
  findRegistration,
  findRegistrationForUpdate,
  hasWaitingWithoutPassword,
  listRegistrations,
  type Registration,
  registrationsOfTenants,
  updateRegistrationDecided,
} from "./approvals.repository.ts";
import { VERIFY_EMAIL_LINK } from "./link-purposes.ts";
import { ALREADY_REGISTERED } from "./mails/already-registered.ts";
import { MEMBERSHIP_OFFERED } from "./mails/membership-offered.ts";
import { REGISTRATION_APPROVED } from "./mails/registration-approved.ts";
import { REGISTRATION_REJECTED } from "./mails/registration-rejected.ts";
import { REGISTRATION_REQUESTED } from "./mails/registration-requested.ts";
import { approvedAddressHeld } from "./registration.hooks.ts";
import {
  APPROVED_LINK_LIFETIME_MS,
  DECISION_RETENTION_MS,
  locationLabelOf,
  REGISTRATION_LIFETIME_MS,
  type RegistrationStatus,
} from "./registration.policy.ts";
import { deleteOldRegistrations, insertRegistration, type RegistrationRow } from "./registrations.repository.ts";

export type { Registration };

/** The job that mails the tenant's admins about a registration awaiting their decision. */
export const NOTIFY_ADMINS = "announce-registration";

const adminNotice = z.object({ registrationId: z.string() });

export interface RegistrationCriteria {
  readonly status?: RegistrationStatus | null | undefined;
  readonly requestedAt?: Period | null | undefined;
}

interface ApprovalsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly jobs: JobQueue;
  readonly limits: Pick<Limits, "consume">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<AuditLog, "record">;
  readonly addressLinks: Pick<AddressLinks, "issue">;
  readonly tenants: Pick<TenantsService, "get">;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

type ApprovalRefusal = "NOT_FOUND" | "DECIDED";

/** Registrations decided by the tenant's admins, and their decisions. */
export class ApprovalsService {
  constructor(private readonly deps: ApprovalsDeps) {}

  /**
   * Stores a registration request without a password, from an applicant whose address is verified by an account at a provider.
   * Repeated requests are stored once. Requests made by others for the same address never apply to this applicant.
   */
  async requestVerified(tx: Db, tenant: Tenant, email: string, name: string | null, client: ClientInfo): Promise<void> {
    const { clock, events, ids, jobs } = this.deps;
    const emailCanonical = canonicalEmail(email);
    const tenantId = tenant.id;
    await lockTenant(tx, tenantId);
    if (await hasWaitingWithoutPassword(tx, tenantId, emailCanonical)) return;
    const id = ids.next<RegistrationId>();
    const details = { registrationId: id };
    await insertRegistration(tx, {
      id,
      tenantId,
      email,
      emailCanonical,
      username: null,
      name,
      locale: DEFAULT_LOCALE,
      roles: ["USER"],
      passwordHash: null,
      status: "PENDING",
      place: locationLabelOf(client),
      requestedAt: clock.now(),
      decidedAt: null,
      decidedBy: null,
      reason: null,
      closedAt: null,
    });
    await events.record(tx, { type: "REGISTRATION_REQUESTED", tenantId, userId: null, client, details });
    await jobs.add(tx, NOTIFY_ADMINS, details);
  }

  /** The task behind a request: mails every admin of the tenant, unless it is already decided, and the user who has the address. */
  readonly notifyAdmins: Task = async (payload) => {
    const { db, mails } = this.deps;
    const id = parseId<RegistrationId>(adminNotice.parse(payload).registrationId);
    const registration = id && (await findRegistration(db, "ALL", id));
    if (registration?.status !== "PENDING") return;
    const owner = await findUserByEmail(db, registration.emailCanonical);
    const { email, name: applicant, requestedAt: at } = registration;
    await db.transaction(async (tx) => {
      if (owner?.emailVerified) {
        const data = { name: owner.name, at };
        const locale = toLocale(owner.locale);
        await mails.enqueue(tx, ALREADY_REGISTERED, { to: owner.email, locale, data });
      }
      for (const admin of await listActiveAdmins(tx, registration.tenantId)) {
        const data = { name: admin.name, at, email, applicant };
        const locale = toLocale(admin.locale);
        await mails.enqueue(tx, REGISTRATION_REQUESTED, { to: admin.email, locale, data });
      }
    });
  };

  /** Returns a page of registrations, newest first: of the tenant, or of all tenants for operators. @throws {AppError} BAD_USER_INPUT */
  async list(
    viewer: Viewer,
    { status, requestedAt }: RegistrationCriteria,
    page: PageRequest,
  ): Promise<Page<Registration>> {
    const { db } = this.deps;
    const slice = toSlice(page);
    const query = { scope: tenantScope(viewer), status: status ?? null, requestedAt: requestedAt ?? ALWAYS };
    return toPage(await listRegistrations(db, query, slice), slice, () => countRegistrations(db, query));
  }

  /** Pages of registrations by tenant, newest first. @throws {AppError} BAD_USER_INPUT */
  readonly pagesOfTenants: PagesOf<RegistrationCriteria, TenantId, Registration> =
    ({ filter: { status, requestedAt }, page }) =>
    async (tenantIds) => {
      const { db } = this.deps;
      const query = { scope: "ALL", status: status ?? null, requestedAt: requestedAt ?? ALWAYS } as const;
      return listChildPages(db, tenantIds, registrationsOfTenants(db, query), toSlice(page));
    };

  /** Returns the registration with this id if the viewer may see it (an admin of the tenant, or an operator); else null. */
  async findVisible(viewer: Viewer, id: string): Promise<Registration | null> {
    const registrationId = parseId<RegistrationId>(id);
    const found = registrationId && (await findRegistration(this.deps.db, tenantScope(viewer), registrationId));
    return found && canView(viewer, { tenantId: found.tenantId, userId: null }, "registrations:decide") ? found : null;
  }

  /**
   * Approves the registration and mails the link: the user is created once the applicant verifies the address. If the address
   * already has a user, the response is the same, and that user is offered a membership.
   * @throws {AppError} NOT_FOUND, CONFLICT if already decided, RATE_LIMITED
   */
  approve(actor: Actor, id: string): Promise<Registration> {
    const { addressLinks, hooks, mails, tenants } = this.deps;
    return this.#decide(actor, id, async (tx, registration) => {
      const { email, emailCanonical, id: registrationId, tenantId, ...wanted } = registration;
      const locale = toLocale(wanted.locale);
      const link = await addressLinks.issue(tx, {
        tenantId,
        email,
        emailCanonical,
        purpose: VERIFY_EMAIL_LINK,
        registrationId,
        lifetime: APPROVED_LINK_LIFETIME_MS,
      });
      const holder = await findUserByEmail(tx, emailCanonical);
      const { name: company } = await tenants.get(tenantId);
      const at = registration.requestedAt;
      const { viewer } = actor;
      if (holder && !isUnverified(holder)) {
        const offer = { id: registrationId, tenantId, email, emailCanonical, locale, decidedBy: viewer.userId };
        await hooks.raise(tx, approvedAddressHeld, offer);
        await mails.enqueue(tx, MEMBERSHIP_OFFERED, {
          to: holder.email,
          locale: toLocale(holder.locale),
          data: { name: holder.name, company },
        });
      } else
        await mails.enqueue(tx, REGISTRATION_APPROVED, {
          to: email,
          locale,
          data: { at, place: registration.place },
          link,
        });
      return this.#note(tx, registration, { status: "APPROVED", decidedBy: viewer.userId, reason: null });
    });
  }

  /** Rejects and notifies the applicant. @throws {AppError} BAD_USER_INPUT, NOT_FOUND, CONFLICT if already decided, RATE_LIMITED */
  async reject(actor: Actor, id: string, given: string | null): Promise<Registration> {
    const faults =
      given === null ? [] : [...validateReason(given, "input.reason"), ...forbidWebAddress(given, "input.reason")];
    if (faults.length > 0) throw badInput(...faults);
    const reason = cleanNameOrNull(given);
    const { client, viewer } = actor;
    return this.#decide(actor, id, async (tx, registration) => {
      const { email: to, id: registrationId, locale, tenantId } = registration;
      const details = { by: viewer.userId, registrationId };
      await this.deps.events.record(tx, { type: "REGISTRATION_REJECTED", tenantId, userId: null, client, details });
      await this.deps.mails.enqueue(tx, REGISTRATION_REJECTED, { to, locale: toLocale(locale), data: { reason } });
      const decision = { status: "REJECTED", decidedBy: viewer.userId, reason, passwordHash: null } as const;
      return this.#note(tx, registration, decision);
    });
  }

  /** Deletes registrations decided 90 days ago, and undecided ones after 30 days. */
  async sweep(): Promise<void> {
    const { clock, db } = this.deps;
    const now = clock.now();
    await deleteOldRegistrations(db, {
      decidedBefore: after(now, -DECISION_RETENTION_MS),
      requestedBefore: after(now, -REGISTRATION_LIFETIME_MS),
    });
  }

  /** Decides on the locked registration, so that only one of several concurrent decisions wins. */
  async #decide<Result extends object>(
    { viewer }: Actor,
    id: string,
    decision: (tx: Db, registration: RegistrationRow) => Promise<Result | ApprovalRefusal>,
  ): Promise<Result> {
    const registrationId = parseId<RegistrationId>(id);
    if (registrationId === null) throw refused("NOT_FOUND");
    const { db, limits } = this.deps;
    await consumeTenantMailLimit(limits, db, viewer.tenantId);
    const outcome = await db.transaction(async (tx) => {
      const registration = await findRegistrationForUpdate(tx, tenantScope(viewer), registrationId);
      if (registration === null) return "NOT_FOUND";
      return registration.status === "PENDING" ? decision(tx, registration) : "DECIDED";
    });
    if (typeof outcome === "string") throw refused(outcome);
    return outcome;
  }

  async #note(
    tx: Db,
    { id }: RegistrationRow,
    decision: Omit<Decision, "decidedAt">,
  ): Promise<Registration | "NOT_FOUND"> {
    const decided = { ...decision, decidedAt: this.deps.clock.now() };
    return (await updateRegistrationDecided(tx, id, decided)) ?? "NOT_FOUND";
  }
}

const refused = (refusal: ApprovalRefusal): AppError => {
  switch (refusal) {
    case "NOT_FOUND":
      return new AppError("NOT_FOUND");
    case "DECIDED":
      return new AppError("CONFLICT", { message: "This registration has already been decided." });
  }
};
