import type { AuditLog } from "#features/audit/index";
import type { PasswordsService } from "#features/passwords/index";
import type { Tenant, TenantsService } from "#features/tenants/index";
import {
  canonicalEmail,
  findUserByEmail,
  isUnverified,
  type Usernames,
  validateEmail,
  validateName,
  validateUsername,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { JobQueue } from "#platform/jobs/jobs";
import type { KeyRing } from "#platform/secrets";
import type { ClientInfo } from "#shared/client-info";
import { after } from "#shared/durations";
import { AppError, badInput, type FieldError } from "#shared/errors";
import type { RegistrationId } from "#shared/ids";
import { normalizeLocale } from "#shared/locales";
import { cleanNameOrNull } from "#shared/names";
import { NOTIFY_ADMINS } from "./approvals.service.ts";
import { locationLabelOf, REGISTRATION_CHALLENGE_LIFETIME_MS, type RegistrationNext } from "./registration.policy.ts";
import { challengeOf } from "./registration-challenges.ts";
import { insertRegistration, type RegistrationRow } from "./registrations.repository.ts";
import type { VerificationMails } from "./verification-mails.ts";

export interface RegistrationServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly jobs: JobQueue;
  readonly keyRing: Pick<KeyRing, "sign">;
  readonly events: Pick<AuditLog, "record">;
  readonly tenants: Pick<TenantsService, "getForVisitor">;
  readonly passwords: Pick<PasswordsService, "hashNew">;
  readonly usernames: Pick<Usernames, "requireFree">;
  readonly verificationMails: Pick<VerificationMails, "mailRegistration">;
  /** Whether a visitor may learn that an address is taken. */
  readonly revealTakenEmail: boolean;
}

export interface RegistrationRequest {
  /** The slug of the tenant; absent: the default tenant. */
  readonly tenant?: string | null | undefined;
  readonly email: string;
  readonly password: string;
  readonly username?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly locale?: string | null | undefined;
}

/** The response to the client, which keeps the challenge until the address is verified. */
export interface Registered {
  readonly next: RegistrationNext;
  readonly challenge: string;
  /** When the challenge expires at the latest. */
  readonly expiresAt: Date;
}

/** Registration of visitors. */
export class RegistrationService {
  constructor(private readonly deps: RegistrationServiceDeps) {}

  /**
   * Stores the registration request. The address must then be verified, or an admin decides first. For a taken address the
   * stored rows and the response are the same; only the mail differs, and goes to the owner.
   * @throws {AppError} NOT_FOUND, FORBIDDEN, BAD_USER_INPUT, CONFLICT/USERNAME_TAKEN, RATE_LIMITED,
   * BAD_REQUEST/WEAK_PASSWORD; CONFLICT/EMAIL_TAKEN if `revealTakenEmail` is set
   */
  async register(request: RegistrationRequest, client: ClientInfo): Promise<Registered> {
    const { clock, db, keyRing, passwords, revealTakenEmail, tenants, usernames } = this.deps;
    const tenant = await tenants.getForVisitor(request.tenant);
    if (tenant.registration === "INVITE_ONLY")
      throw new AppError("FORBIDDEN", { message: "Registration is by invitation only." });
    const faults = faultsOf(request);
    if (faults.length > 0) throw badInput(...faults);

    const { email, password, username = null } = request;
    const name = cleanNameOrNull(request.name);
    if (username !== null) await usernames.requireFree(client, username, "input.username");
    const owner = { email, username, name };
    const passwordHash = await passwords.hashNew(
      password,
      { ...owner, tenantName: tenant.name },
      tenant.passwordMinLength,
      "input.password",
    );
    const locale = normalizeLocale(request.locale);
    const registration = this.#draft(tenant, { ...owner, locale, passwordHash }, client);
    const isTaken = await db.transaction((tx) => this.#store(tx, registration, client));
    if (isTaken && revealTakenEmail)
      throw new AppError("CONFLICT", { reason: "EMAIL_TAKEN", message: "This address is taken." });
    return {
      next: registration.status === "PENDING" ? "AWAIT_APPROVAL" : "VERIFY_EMAIL",
      challenge: challengeOf(keyRing, registration.id),
      expiresAt: after(clock.now(), REGISTRATION_CHALLENGE_LIFETIME_MS),
    };
  }

  #draft(
    tenant: Tenant,
    wanted: Pick<RegistrationRow, "email" | "username" | "name" | "locale" | "passwordHash">,
    client: ClientInfo,
  ): RegistrationRow {
    const { clock, ids } = this.deps;
    return {
      ...wanted,
      id: ids.next<RegistrationId>(),
      tenantId: tenant.id,
      emailCanonical: canonicalEmail(wanted.email),
      roles: ["USER"],
      status: tenant.registration === "APPROVAL" ? "PENDING" : "PENDING_VERIFICATION",
      place: locationLabelOf(client),
      requestedAt: clock.now(),
      decidedAt: null,
      decidedBy: null,
      reason: null,
      closedAt: null,
    };
  }

  /**
   * Runs the same statements for every address, so that neither the timing nor an admin's list reveals whether it is taken.
   * @returns whether the address is taken
   */
  async #store(tx: Db, registration: RegistrationRow, client: ClientInfo): Promise<boolean> {
    const { events, jobs, revealTakenEmail, verificationMails } = this.deps;
    const holder = await findUserByEmail(tx, registration.emailCanonical);
    const owner = holder !== null && !isUnverified(holder) ? holder : null;
    if (owner?.emailVerified && revealTakenEmail) return true;
    await insertRegistration(tx, registration);
    if (registration.status !== "PENDING") await verificationMails.mailRegistration(tx, registration, owner);
    else {
      const { id: registrationId, tenantId } = registration;
      const details = { registrationId };
      await Promise.all([
        events.record(tx, { type: "REGISTRATION_REQUESTED", tenantId, userId: null, client, details }),
        jobs.add(tx, NOTIFY_ADMINS, details),
      ]);
    }
    return owner?.emailVerified ?? false;
  }
}

const faultsOf = ({ email, username, name }: RegistrationRequest): FieldError[] => [
  ...validateEmail(email, "input.email"),
  ...(username == null ? [] : validateUsername(username, "input.username")),
  ...(name == null ? [] : validateName(name, "input.name")),
];
