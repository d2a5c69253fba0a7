import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { Ids } from "../../platform/ids.ts";
import type { JobQueue, Task } from "../../platform/jobs/jobs.ts";
import type { Limits } from "../../platform/limits/limits.ts";
import type { MailQueue } from "../../platform/mail/index.ts";
import type { Client } from "../../shared/client.ts";
import { after, DAY } from "../../shared/durations.ts";
import { AppError, badInput } from "../../shared/errors.ts";
import { parseId, type RegistrationId, type UserId } from "../../shared/ids.ts";
import { DEFAULT_LOCALE, toLocale } from "../../shared/locales.ts";
import { cleanNameOrNull } from "../../shared/names.ts";
import { type Page, type PageRequest, toPage, toSlice } from "../../shared/paging.ts";
import { reasonFaults } from "../../shared/reasons.ts";
import { webAddressFaults } from "../../shared/text.ts";
import type { Viewer } from "../../shared/viewer.ts";
import { maySee, tenantScope } from "../../shared/visibility.ts";
import type { SecurityLog } from "../audit/index.ts";
import type { LinksService } from "../links/index.ts";
import type { PasswordsService } from "../passwords/index.ts";
import { lockTenant, type Tenant, takeTenantMail } from "../tenants/index.ts";
import { canonicalEmail, insertUser, isUnproved, type User } from "../users/index.ts";
import {
  deleteOldRegistrations,
  deleteWaitingWithPassword,
  findRegistration,
  findRegistrationForUpdate,
  hasWaitingRegistration,
  insertRegistration,
  listActiveAdmins,
  listRegistrations,
  lockWaitingRegistrations,
  type Registration,
  type RegistrationRow,
  updateRegistrationDecided,
} from "./approvals.repository.ts";
import type { RegistrationStatus } from "./registration.policy.ts";
import { findAddressHolderForUpdate } from "./registration.repository.ts";
import { newcomer, type Wish } from "./wishes.ts";

export type { Registration };

/** The job that tells the admins of a tenant who waits for them. */
export const ANNOUNCE_REGISTRATION = "announce-registration";

const announcement = z.object({ registrationId: z.string() });

/** How long a registration can be looked at that was decided, and how long one waits for that, in milliseconds. */
const DECIDED_KEPT = 90 * DAY;
const WAITING_KEPT = 30 * DAY;

export interface ApprovalsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly jobs: JobQueue;
  readonly limits: Pick<Limits, "take">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<SecurityLog, "record">;
  readonly links: Pick<LinksService, "issue">;
  readonly passwords: Pick<PasswordsService, "storePassword">;
}

/** Who decides. */
interface Actor {
  readonly viewer: Viewer;
  readonly client: Client;
}

type Refusal = "NOT_FOUND" | "DECIDED" | "EMAIL_TAKEN";

/** Registrations on which the admins of a tenant decide, and what they decide. */
export class ApprovalsService {
  readonly #deps: ApprovalsDeps;

  constructor(deps: ApprovalsDeps) {
    this.#deps = deps;
  }

  /** Notes what a visitor asks for, in one round trip: the admins hear of it later, however many they are. */
  async request(tx: Db, tenant: Tenant, email: string, wish: Wish, client: Client): Promise<void> {
    const { clock, events, ids, jobs } = this.#deps;
    const { passwordHash, username, name, locale } = wish;
    const id = ids.next<RegistrationId>();
    const registration: RegistrationRow = {
      id,
      tenantId: tenant.id,
      email,
      emailCanonical: canonicalEmail(email),
      username,
      name,
      locale,
      passwordHash,
      status: "PENDING",
      requestedAt: clock.now(),
      decidedAt: null,
      decidedBy: null,
      reason: null,
    };
    const details = { registrationId: id };
    await Promise.all([
      insertRegistration(tx, registration),
      events.record(tx, { type: "REGISTRATION_REQUESTED", tenantId: tenant.id, userId: null, client, details }),
      jobs.add(tx, ANNOUNCE_REGISTRATION, details),
    ]);
  }

  /**
   * Notes what somebody asks for who has proved the address by an account at a provider, and wants no password: once, however
   * often that is. What others asked for in this tenant with the address is forgotten: an approval must not give the owner
   * a password that a stranger chose.
   */
  async requestProved(tx: Db, tenant: Tenant, email: string, name: string | null, client: Client): Promise<void> {
    const emailCanonical = canonicalEmail(email);
    await lockTenant(tx, tenant.id);
    await deleteWaitingWithPassword(tx, tenant.id, emailCanonical);
    if (await hasWaitingRegistration(tx, tenant.id, emailCanonical)) return;
    const wish = { passwordHash: null, username: null, name, locale: DEFAULT_LOCALE, tenantId: tenant.id };
    await this.request(tx, tenant, email, wish, client);
  }

  /** Keeps the tenant's admins from deciding on what waits with this address until the transaction is over. */
  async lockWaiting(tx: Db, tenant: Pick<Tenant, "id">, email: string): Promise<void> {
    await lockWaitingRegistrations(tx, tenant.id, canonicalEmail(email));
  }

  /** The task behind a request: mails every admin of the tenant, unless one has decided meanwhile. */
  readonly announce: Task = async (payload) => {
    const { db, mails } = this.#deps;
    const id = parseId<RegistrationId>(announcement.parse(payload).registrationId);
    const registration = id && (await findRegistration(db, "ALL", id));
    if (registration?.status !== "PENDING") return;
    const { email, name: applicant, requestedAt: at } = registration;
    await db.transaction(async (tx) => {
      for (const admin of await listActiveAdmins(tx, registration.tenantId)) {
        const data = { name: admin.name, at, email, applicant };
        const locale = toLocale(admin.locale);
        await mails.enqueue(tx, { template: "registration-requested", to: admin.email, locale, data });
      }
    });
  };

  /** A page of registrations, newest first: of the tenant, for operators of all. Throws BAD_USER_INPUT. */
  async list(
    viewer: Viewer,
    status: RegistrationStatus | null | undefined,
    page: PageRequest,
  ): Promise<Page<Registration>> {
    const slice = toSlice(page);
    const query = { scope: tenantScope(viewer), status: status ?? null };
    return toPage(await listRegistrations(this.#deps.db, query, slice), slice);
  }

  /** The registration with this id where the viewer may see it: admins of the tenant and operators; else null. */
  async findVisible(viewer: Viewer, id: string): Promise<Registration | null> {
    const registrationId = parseId<RegistrationId>(id);
    const found = registrationId && (await findRegistration(this.#deps.db, tenantScope(viewer), registrationId));
    return found && maySee(viewer, { tenantId: found.tenantId, userId: null }) ? found : null;
  }

  /**
   * Makes the user, who gets a link to prove the address: an account for an address that is not his is of no use to anybody.
   * Where the address waits for its proof in another tenant, the answer is a stand-in: that tenant's user is not ours to see.
   * Throws NOT_FOUND, CONFLICT where it is decided already, CONFLICT/EMAIL_TAKEN where somebody has proved the address since,
   * RATE_LIMITED.
   */
  approve(actor: Actor, id: string): Promise<User> {
    return this.#decide(actor, id, async (tx, registration) => {
      const { email, locale, name, passwordHash, tenantId, username } = registration;
      const wish: Wish = { passwordHash, username, name, locale, tenantId };
      const holder = await this.#admit(tx, registration, wish, actor);
      if (holder === null) return "EMAIL_TAKEN";
      await this.#note(tx, registration, { status: "APPROVED", decidedBy: actor.viewer.userId, reason: null });
      // Older links stay good: they are other people's, for all we know.
      const user = { id: holder.id, tenantId };
      const payload = { registration: wish };
      const link = await this.#deps.links.issue(tx, { user, purpose: "verify-email", payload, replaceOlder: false });
      const mail = { template: "registration-approved", to: email, locale: toLocale(locale), data: {}, link } as const;
      await this.#deps.mails.enqueue(tx, mail);
      return holder.tenantId === tenantId ? holder : this.#standIn(registration);
    });
  }

  /** Declines, and tells the applicant. Throws BAD_USER_INPUT, NOT_FOUND, CONFLICT where decided already, RATE_LIMITED. */
  async reject(actor: Actor, id: string, given: string | null): Promise<Registration> {
    const faults = given === null ? [] : [...reasonFaults(given, "reason"), ...webAddressFaults(given, "reason")];
    if (faults.length > 0) throw badInput(...faults);
    const reason = cleanNameOrNull(given);
    const { client, viewer } = actor;
    return this.#decide(actor, id, async (tx, registration) => {
      const { email: to, id: registrationId, locale, tenantId } = registration;
      const details = { by: viewer.userId, registrationId };
      await this.#deps.events.record(tx, { type: "REGISTRATION_REJECTED", tenantId, userId: null, client, details });
      const mail = { template: "registration-rejected", to, locale: toLocale(locale), data: { reason } } as const;
      await this.#deps.mails.enqueue(tx, mail);
      return this.#note(tx, registration, { status: "REJECTED", decidedBy: viewer.userId, reason });
    });
  }

  /** Forgets what was decided 90 days ago, and what nobody has decided on in 30. */
  async sweep(): Promise<void> {
    const { clock, db } = this.#deps;
    const now = clock.now();
    await deleteOldRegistrations(db, {
      decidedBefore: after(now, -DECIDED_KEPT),
      requestedBefore: after(now, -WAITING_KEPT),
    });
  }

  /**
   * Who has the address of an approved registration, or null where somebody has proved it since. Where somebody's earlier
   * wish waits for that, in whichever tenant, that user stays as it is: anybody can be the admin of a company. This wish lies
   * in a link of its own, and comes true for whoever follows it.
   */
  async #admit(tx: Db, registration: RegistrationRow, wish: Wish, { viewer, client }: Actor): Promise<User | null> {
    const { clock, events, ids, passwords } = this.#deps;
    const { email, emailCanonical, id: registrationId, tenantId } = registration;
    const createdAt = clock.now();
    const inserted = await insertUser(tx, newcomer({ id: ids.next<UserId>(), email, tenantId, createdAt }, wish));
    if (inserted) {
      const details = { by: viewer.userId, registrationId };
      await events.record(tx, { type: "USER_REGISTERED", tenantId, userId: inserted.id, client, details });
      if (wish.passwordHash !== null) await passwords.storePassword(tx, inserted, wish.passwordHash);
      return inserted;
    }
    const holder = await findAddressHolderForUpdate(tx, emailCanonical);
    // Taken a moment ago and deleted since: whoever tries again finds it free.
    if (holder === null) throw new AppError("SERVICE_UNAVAILABLE");
    return isUnproved(holder) ? holder : null;
  }

  /** The user as the registration has it, kept nowhere. */
  #standIn({ email, emailCanonical, locale, name, tenantId }: RegistrationRow): User {
    return {
      id: this.#deps.ids.next<UserId>(),
      tenantId,
      email,
      emailCanonical,
      emailVerified: false,
      username: null,
      usernameCanonical: null,
      name,
      locale,
      status: "PENDING_VERIFICATION",
      roles: ["USER"],
      passwordResetRequired: false,
      preferredFactor: null,
      lastLoginAt: null,
      createdAt: this.#deps.clock.now(),
    };
  }

  /** Decides on the locked registration: once, whoever else decides at the same moment. */
  async #decide<Result extends object>(
    { viewer }: Actor,
    id: string,
    decision: (tx: Db, registration: RegistrationRow) => Promise<Result | Refusal>,
  ): Promise<Result> {
    const registrationId = parseId<RegistrationId>(id);
    if (registrationId === null) throw refused("NOT_FOUND");
    const { db, limits } = this.#deps;
    await takeTenantMail(limits, db, viewer.tenantId);
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
    decision: Pick<RegistrationRow, "status" | "decidedBy" | "reason">,
  ): Promise<Registration | "NOT_FOUND"> {
    const decided = { ...decision, decidedAt: this.#deps.clock.now() };
    return (await updateRegistrationDecided(tx, id, decided)) ?? "NOT_FOUND";
  }
}

const refused = (refusal: Refusal): AppError => {
  switch (refusal) {
    case "NOT_FOUND":
      return new AppError("NOT_FOUND");
    case "DECIDED":
      return new AppError("CONFLICT", { message: "This registration is decided already." });
    case "EMAIL_TAKEN":
      return new AppError("CONFLICT", {
        reason: "EMAIL_TAKEN",
        message: "Somebody else has proved to own this address since. Reject the registration.",
      });
  }
};
