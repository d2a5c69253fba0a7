import { z } from "zod";
import type { AddressLink, AddressLinks, LinksService } from "#features/links/index";
import type { Tenant, TenantsService } from "#features/tenants/index";
import { canonicalEmail, findUserByEmail, findUserForUpdate, isUnverified, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { JobQueue, Task } from "#platform/jobs/jobs";
import { digest } from "#platform/limits/digest";
import type { Limits } from "#platform/limits/limits";
import type { MailQueue } from "#platform/mail/index";
import type { KeyRing } from "#platform/secrets";
import type { ClientInfo } from "#shared/client-info";
import { parseId, type RegistrationId, type TenantId } from "#shared/ids";
import { DEFAULT_LOCALE, toLocale } from "#shared/locales";
import type { EarlierUsers } from "./earlier-users.ts";
import { ACTIVATE_LINK, VERIFY_EMAIL_LINK } from "./link-purposes.ts";
import { ALREADY_REGISTERED } from "./mails/already-registered.ts";
import { REGISTRATION_APPROVED } from "./mails/registration-approved.ts";
import { TENANT_ACTIVATION } from "./mails/tenant-activation.ts";
import { VERIFY_EMAIL } from "./mails/verify-email.ts";
import { APPROVED_LINK_LIFETIME_MS, admits, isOnboarding, locationLabelOf } from "./registration.policy.ts";
import { readChallenge } from "./registration-challenges.ts";
import { listUnclosedRegistrations, type RegistrationRow } from "./registrations.repository.ts";

/** The job that sends another verification mail. Versioned, so that replicas of versions before 1.0 do not run it. */
export const RESEND_VERIFICATION = "resend-verification-1.0";
export const EARLIER_RESEND_VERIFICATION = "resend-verification";

const resendRequest = z.object({
  email: z.string(),
  // Jobs of earlier versions contain only the address.
  registrationId: z.string().nullish(),
  tenantId: z.string().nullish(),
  place: z.string().nullish(),
  reminder: z.boolean().default(false),
});

/** Reminders per address, so that password guessing cannot flood an address with mail. */
const REMINDERS = { limit: 1, window: 3600 } as const;

export interface VerificationMailsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly keyRing: Pick<KeyRing, "verify">;
  readonly limits: Pick<Limits, "consume">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly tenants: Pick<TenantsService, "get" | "getForVisitor">;
  readonly links: Pick<LinksService, "issue">;
  readonly addressLinks: Pick<AddressLinks, "issue">;
  readonly earlierUsers: Pick<EarlierUsers, "convertUser">;
}

export interface ResendRequest {
  readonly email: string;
  /** The secret of the client that registered; without it, the link has no registration attached. */
  readonly challenge: string | null;
  /** The slug of the tenant; absent: the default tenant. */
  readonly tenant: string | null;
}

/** The mails with a verification link. */
export class VerificationMails {
  constructor(private readonly deps: VerificationMailsDeps) {}

  /**
   * Mails the link of a registration, in its transaction. If the address has a user, that user is notified instead. The same rows
   * are written in both cases, so that timing does not reveal which.
   */
  async mailRegistration(tx: Db, registration: RegistrationRow, owner: User | null): Promise<void> {
    const { id: registrationId, place } = registration;
    if (owner === null) return this.#mail(tx, registration, { registrationId }, place);
    if (!owner.emailVerified) return this.#mailImported(tx, owner, place);
    const { clock, mails } = this.deps;
    // This link is not mailed, and grants nothing while the address has a user.
    await this.#issue(tx, registration, { registrationId });
    const data = { name: owner.name, at: clock.now() };
    await mails.enqueue(tx, ALREADY_REGISTERED, { to: owner.email, locale: toLocale(owner.locale), data });
  }

  /** Mails a link to an imported user with an unverified address. */
  async #mailImported(tx: Db, user: User, place: string | null): Promise<void> {
    const { clock, links, mails } = this.deps;
    const link = await links.issue(tx, { user, purpose: VERIFY_EMAIL_LINK, payload: {} });
    const data = { at: clock.now(), place };
    await mails.enqueue(tx, VERIFY_EMAIL, { to: user.email, locale: toLocale(user.locale), data, link });
  }

  /**
   * Accepts a request for another mail, with the same work for every address.
   * @throws {AppError} NOT_FOUND if the tenant does not exist
   */
  async request({ email, challenge, tenant }: ResendRequest, client: ClientInfo): Promise<void> {
    const { db, jobs, keyRing, tenants } = this.deps;
    const { id: tenantId } = await tenants.getForVisitor(tenant);
    const registrationId = challenge === null ? null : readChallenge(keyRing, challenge);
    const request = { email: canonicalEmail(email), registrationId, tenantId, place: locationLabelOf(client) };
    await jobs.add(db, RESEND_VERIFICATION, request);
  }

  /** Reminds the owner of an address to verify it, after a login attempt with that address. */
  async remind(db: Db, emailCanonical: string, client: ClientInfo): Promise<void> {
    const request = { email: emailCanonical, registrationId: null, tenantId: null, place: locationLabelOf(client) };
    await this.deps.jobs.add(db, RESEND_VERIFICATION, { ...request, reminder: true });
  }

  /** The task behind `request` and `remind`. */
  readonly resend: Task = async (payload) => {
    const { db, earlierUsers, limits } = this.deps;
    const { email, registrationId, tenantId, reminder, ...request } = resendRequest.parse(payload);
    const place = request.place ?? null;
    const found = await findUserByEmail(db, email);
    if (found && isUnverified(found)) await earlierUsers.convertUser(found.id);
    const holder = await findUserByEmail(db, email);
    if (holder?.emailVerified) return;
    if (reminder) {
      const { exceeded } = await limits.consume(db, [{ key: `verification-reminder:${digest(email)}`, ...REMINDERS }]);
      if (exceeded) return;
    }
    await db.transaction(async (tx) => {
      if (holder) return this.#resendImported(tx, holder, place);
      const id = registrationId ? parseId<RegistrationId>(registrationId) : null;
      const tenant = tenantId ? parseId<TenantId>(tenantId) : null;
      await this.#resend(tx, email, { id, tenant }, place);
    });
  };

  async #resendImported(tx: Db, holder: User, place: string | null): Promise<void> {
    const user = await findUserForUpdate(tx, holder.id);
    if (user === null || user.emailVerified) return;
    await this.#mailImported(tx, user, place);
  }

  async #resend(
    tx: Db,
    emailCanonical: string,
    { id, tenant }: { readonly id: RegistrationId | null; readonly tenant: TenantId | null },
    place: string | null,
  ): Promise<void> {
    const now = this.deps.clock.now();
    const waiting = (await listUnclosedRegistrations(tx, emailCanonical)).filter((each) => admits(each, now));
    const own = waiting.find((each) => each.id === id);
    if (own) {
      await this.#mail(tx, own, { registrationId: own.id }, own.place);
      return;
    }
    const here = oneTenant(tenant === null ? waiting : waiting.filter(({ tenantId }) => tenantId === tenant));
    const approved = here.find(({ status }) => status === "APPROVED");
    if (approved) {
      await this.#mail(tx, { ...approved, locale: DEFAULT_LOCALE }, { approvalId: approved.id }, place);
      return;
    }
    const registered = here.find((each) => !isOnboarding(each));
    if (!registered || !(await this.#isOpen(registered))) return;
    // The requesting client is unknown, so no registration data is attached to this link, not even the language.
    await this.#mail(tx, { ...registered, locale: DEFAULT_LOCALE }, {}, place);
  }

  async #isOpen({ tenantId }: RegistrationRow): Promise<boolean> {
    const { registration, status }: Tenant = await this.deps.tenants.get(tenantId);
    return registration === "OPEN" && status === "ACTIVE";
  }

  async #mail(
    tx: Db,
    registration: RegistrationRow,
    attached: Partial<Pick<AddressLink, "registrationId" | "approvalId">>,
    place: string | null,
  ): Promise<void> {
    const { clock, mails } = this.deps;
    const { email: to, locale: wanted, status } = registration;
    const link = await this.#issue(tx, registration, attached);
    const at = attached.registrationId ? registration.requestedAt : clock.now();
    const approved = status === "APPROVED" ? REGISTRATION_APPROVED : VERIFY_EMAIL;
    const mail = isOnboarding(registration) ? TENANT_ACTIVATION : approved;
    await mails.enqueue(tx, mail, { to, locale: toLocale(wanted), data: { at, place }, link });
  }

  #issue(
    tx: Db,
    registration: RegistrationRow,
    attached: Partial<Pick<AddressLink, "registrationId" | "approvalId">>,
  ): Promise<AddressLink> {
    const { tenantId, email, emailCanonical, status } = registration;
    return this.deps.addressLinks.issue(tx, {
      tenantId,
      email,
      emailCanonical,
      purpose: isOnboarding(registration) ? ACTIVATE_LINK : VERIFY_EMAIL_LINK,
      ...attached,
      ...(status === "APPROVED" && { lifetime: APPROVED_LINK_LIFETIME_MS }),
    });
  }
}

/**
 * Anyone can register an address in any tenant. If it is pending in several tenants and none is named, a link to one of them
 * could lead its owner into a tenant chosen by an attacker.
 */
const oneTenant = (waiting: readonly RegistrationRow[]): readonly RegistrationRow[] =>
  new Set(waiting.map(({ tenantId }) => tenantId)).size > 1 ? [] : waiting;
