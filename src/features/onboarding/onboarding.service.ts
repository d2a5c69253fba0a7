import type { AuditLog } from "#features/audit/index";
import type { PasswordsService } from "#features/passwords/index";
import {
  challengeOf,
  insertRegistration,
  locationLabelOf,
  REGISTRATION_CHALLENGE_LIFETIME_MS,
  type Registered,
  type RegistrationRow,
  type VerificationMails,
} from "#features/registration/index";
import {
  type SapConnection,
  type SapConnectionDetails,
  type SapProfile,
  type SapService,
  validateSapConnection,
} from "#features/sap/index";
import { PROVISIONAL, type Tenant } from "#features/tenants/index";
import {
  canonicalEmail,
  findUserByEmail,
  isUnverified,
  type User,
  validateEmail,
  validateName,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { KeyRing } from "#platform/secrets";
import type { ClientInfo } from "#shared/client-info";
import { after } from "#shared/durations";
import { AppError, badInput, type FieldError } from "#shared/errors";
import type { RegistrationId } from "#shared/ids";
import { DEFAULT_LOCALE } from "#shared/locales";
import { cleanName, cleanNameOrNull } from "#shared/names";
import { MIN_PASSWORD_LENGTH } from "#shared/password-text";
import { tenantOnboarded } from "./onboarding.events.ts";
import { ADMIN_ROLES, validateCompanyName } from "./onboarding.policy.ts";
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
  readonly keyRing: Pick<KeyRing, "sign">;
  readonly passwords: Pick<PasswordsService, "hashNew">;
  readonly verificationMails: Pick<VerificationMails, "mailRegistration">;
  readonly events: Pick<AuditLog, "record">;
  readonly sap: Pick<SapService, "checkForVisitor" | "store">;
  /** Whether a visitor may learn that an address is taken. */
  readonly revealTakenEmail: boolean;
}

/** A tenant whose admin's address is not verified yet. */
interface Founded {
  readonly tenant: Tenant;
  readonly registration: RegistrationRow;
}

export interface Onboarded extends Registered {
  readonly tenant: Tenant;
  /** The tenant's SAP system as just checked; null if none was given. */
  readonly connection: SapConnection | null;
}

/** An SAP system that was reached, and its profile. */
interface Sap {
  readonly details: SapConnectionDetails;
  readonly profile: SapProfile;
}

/** A validated request. */
interface Plan {
  readonly company: string;
  readonly email: string;
  readonly wanted: Pick<RegistrationRow, "name" | "passwordHash">;
  readonly sap: Sap | null;
  readonly client: ClientInfo;
}

/** Onboards tenants: sets up a tenant and its first admin, who must then verify the address. */
export class OnboardingService {
  constructor(private readonly deps: OnboardingDeps) {}

  /**
   * Sets up a tenant, which is activated when its admin has verified the address. The response for a taken address is the same, and
   * its owner is notified. Nothing is stored if the SAP system does not respond correctly.
   * @throws {AppError} BAD_USER_INPUT, BAD_REQUEST/WEAK_PASSWORD, the errors of `SapService.checkForVisitor`; CONFLICT/EMAIL_TAKEN if
   * the setting allows revealing it
   */
  async onboard(request: OnboardingRequest, client: ClientInfo): Promise<Onboarded> {
    const { passwords, db, keyRing, revealTakenEmail, sap: gateway } = this.deps;
    const faults = faultsOf(request);
    if (faults.length > 0) throw badInput(...faults);
    const { adminEmail: email, password, sapConnection: details = null } = request;
    if (revealTakenEmail && isTaken(await findUserByEmail(db, canonicalEmail(email)))) throw emailTaken();

    const name = cleanNameOrNull(request.adminName);
    const owner = { email, username: null, name };
    const passwordHash = await passwords.hashNew(
      password,
      { ...owner, tenantName: request.companyName },
      MIN_PASSWORD_LENGTH,
      "input.password",
    );
    const company = cleanName(request.companyName);
    const sap = details && { details, profile: await gateway.checkForVisitor(details, "input.sapSystem") };

    const plan = { company, email, wanted: { name, passwordHash }, sap, client };
    const { tenant, registration } = await db.transaction((tx) => this.#found(tx, plan));
    return {
      tenant,
      next: "VERIFY_EMAIL",
      challenge: challengeOf(keyRing, registration.id),
      expiresAt: after(registration.requestedAt, REGISTRATION_CHALLENGE_LIFETIME_MS),
      connection: sap && connectionOf(tenant, sap),
    };
  }

  /**
   * Runs the same statements for every address, so that response time does not reveal which accounts exist. For a taken address only
   * the mail differs and goes to its owner. The link is never sent, so the tenant is deleted after a while.
   */
  async #found(tx: Db, { company, email, wanted, sap, client }: Plan): Promise<Founded> {
    const { clock, ids, events, sap: connections, verificationMails } = this.deps;
    const slug = `${PROVISIONAL}${ids.next()}`;
    const tenant = await insertTenant(tx, { id: ids.next(), slug, name: company, createdAt: clock.now() });
    const registration: RegistrationRow = {
      ...wanted,
      id: ids.next<RegistrationId>(),
      tenantId: tenant.id,
      email,
      emailCanonical: canonicalEmail(email),
      username: null,
      locale: DEFAULT_LOCALE,
      roles: [...ADMIN_ROLES],
      status: "PENDING_VERIFICATION",
      place: locationLabelOf(client),
      requestedAt: clock.now(),
      decidedAt: null,
      decidedBy: null,
      reason: null,
      closedAt: null,
    };
    await insertRegistration(tx, registration);
    await events.record(tx, tenantOnboarded(tenant.id, client));
    if (sap) await connections.store(tx, tenant.id, sap.details, sap.profile);
    const owner = await findUserByEmail(tx, registration.emailCanonical);
    await verificationMails.mailRegistration(tx, registration, owner !== null && !isUnverified(owner) ? owner : null);
    return { tenant, registration };
  }
}

/** Whether a user has verified the address. */
const isTaken = (holder: User | null): boolean => holder?.emailVerified ?? false;

const connectionOf = ({ id }: Tenant, { details, profile }: Sap): SapConnection => ({
  tenantId: id,
  baseUrl: details.baseUrl.href,
  reachable: true,
  checkedAt: profile.checkedAt,
  services: [...profile.services],
});

const emailTaken = (): AppError =>
  new AppError("CONFLICT", { reason: "EMAIL_TAKEN", message: "This address is taken." });

const faultsOf = ({ companyName, adminEmail, adminName, sapConnection }: OnboardingRequest): FieldError[] => [
  ...validateCompanyName(companyName, "input.companyName"),
  ...validateEmail(adminEmail, "input.adminEmail"),
  ...validateName(adminName, "input.adminName"),
  ...(sapConnection ? validateSapConnection(sapConnection, "input.sapSystem") : []),
];
