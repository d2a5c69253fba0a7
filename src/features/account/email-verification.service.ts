import type { AddressLink, AddressLinks, LinkPurpose, LinkRow, LinksService } from "#features/links/index";
import type { IssuedLogin, LoginRisk, MailedLinkLogins } from "#features/login/index";
import type { PasswordsService } from "#features/passwords/index";
import {
  ACTIVATE_LINK,
  admits,
  type EarlierUsers,
  findRegistrationById,
  findRegistrationByIdForUpdate,
  isOnboarding,
  type RegistrationRow,
  readChallenge,
  type UserCreation,
  VERIFY_EMAIL_LINK,
} from "#features/registration/index";
import type { Tenant, TenantsService } from "#features/tenants/index";
import {
  findUserByEmail,
  findUserById,
  isUnverified,
  type User,
  type Usernames,
  validateName,
  validateUsername,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { KeyRing } from "#platform/secrets";
import type { TransactionEvents } from "#platform/transaction-events";
import type { ClientInfo } from "#shared/client-info";
import { AppError, badInput } from "#shared/errors";
import type { UserId } from "#shared/ids";
import { DEFAULT_LOCALE } from "#shared/locales";
import { cleanNameOrNull } from "#shared/names";
import { tenantActivated } from "./account.hooks.ts";
import type { ImportedUserVerification } from "./imported-user-verification.ts";
import type { Verification } from "./verification.ts";

export interface EmailVerificationDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: Pick<KeyRing, "verify">;
  readonly tenants: Pick<TenantsService, "get">;
  readonly links: Pick<LinksService, "purposeOf" | "find">;
  readonly addressLinks: Pick<AddressLinks, "find" | "consume">;
  readonly passwords: Pick<PasswordsService, "hashNew">;
  readonly usernames: Pick<Usernames, "requireFree">;
  readonly creation: UserCreation;
  readonly earlierUsers: Pick<EarlierUsers, "convertUser">;
  readonly imported: Pick<ImportedUserVerification, "verify">;
  readonly risk: LoginRisk;
  readonly mailedLinks: Pick<MailedLinkLogins, "logIn">;
  /** Activates a new tenant, in the transaction that creates its admin. */
  readonly hooks: Pick<TransactionEvents, "raise">;
}

/** The data that the user is created with: from the registration, or from the holder of the link. */
interface Chosen extends Pick<User, "name" | "locale"> {
  readonly passwordHash: string;
  readonly username: { readonly wanted: string | null; readonly optional: boolean };
}

/** The use of a link that verifies the address of a person who is not a user yet. */
export class EmailVerification {
  constructor(private readonly deps: EmailVerificationDeps) {}

  /**
   * Creates the user and logs them in. The link verifies only the address: password, name and username of its registration apply
   * only with the challenge of that registration. Otherwise they could come from an attacker who registered the address before
   * its owner did (Sudhodanan and Paverd, "Pre-hijacked accounts", 2022).
   * @throws {AppError} INVALID_TOKEN; BAD_REQUEST/PASSWORD_REQUIRED without the challenge; FORBIDDEN if the tenant no longer has
   * open registration; BAD_USER_INPUT, BAD_REQUEST/WEAK_PASSWORD, CONFLICT/USERNAME_TAKEN, RATE_LIMITED
   */
  async verify(request: Verification, client: ClientInfo): Promise<IssuedLogin> {
    const { db, links } = this.deps;
    const purpose = links.purposeOf(request.token);
    if (purpose !== VERIFY_EMAIL_LINK && purpose !== ACTIVATE_LINK) throw new AppError("INVALID_TOKEN");
    const link = await this.#find(purpose, request.token);
    if (link === null) throw new AppError("INVALID_TOKEN");
    if ("userId" in link) return this.deps.imported.verify(link, request, client);
    const holder = await findUserByEmail(db, link.emailCanonical);
    if (holder !== null && !isUnverified(holder)) throw new AppError("INVALID_TOKEN");
    return this.#activate(link, request, client);
  }

  /** Finds the address link, or the link of an imported user. A user of an earlier version is converted first. */
  async #find(purpose: LinkPurpose, token: string): Promise<AddressLink | LinkRow | null> {
    const { addressLinks, db, earlierUsers, links } = this.deps;
    const found = await addressLinks.find(db, purpose, token);
    if (found !== null) return found;
    const link = await links.find(db, purpose, token);
    const user = link && (await findUserById(db, link.userId));
    if (!link || !user) return null;
    if (!isUnverified(user)) return link;
    await earlierUsers.convertUser(user.id);
    return (await addressLinks.find(db, purpose, token)) ?? (await links.find(db, purpose, token));
  }

  async #activate(link: AddressLink, request: Verification, client: ClientInfo): Promise<IssuedLogin> {
    const { creation, ids, mailedLinks, risk, tenants } = this.deps;
    const registration = await this.#registrationOf(link);
    const tenant = await tenants.get(link.tenantId);
    if (registration === null && tenant.registration !== "OPEN") throw closed();
    if (
      registration?.status === "PENDING_VERIFICATION" &&
      !isOnboarding(registration) &&
      tenant.registration !== "OPEN"
    )
      throw closed();
    const chosen = await this.#choose(link, registration, tenant, request, client);

    const { name, locale, passwordHash, username } = chosen;
    const roles = registration?.roles ?? ["USER" as const];
    const person = { id: ids.next<UserId>(), tenantId: tenant.id, email: link.email, name, locale, roles };
    const assessed = await risk.assess(null, client, false);
    const registrationId = registration?.id ?? null;
    const grantedBy = registration?.status === "APPROVED" ? registration.decidedBy : null;
    const details = registration?.status === "APPROVED" ? { registrationId: registration.id, by: grantedBy } : {};
    const admit = async (tx: Db): Promise<boolean> => {
      // Locks the tenant before the user (`LOCK_ORDER`).
      if (link.purpose === ACTIVATE_LINK.name)
        await this.deps.hooks.raise(tx, tenantActivated, { tenantId: tenant.id });
      const user = await creation.create(tx, {
        person,
        passwordHash,
        username,
        client,
        grantedBy,
        details,
        registrationId,
        consumeProof: async (proving) =>
          (await this.#stillAdmits(proving, registration)) && this.deps.addressLinks.consume(proving, link),
      });
      return user !== null;
    };
    const { transport } = request;
    return mailedLinks.logIn({ user: creation.draft(person), tenant, client, risk: assessed, transport, admit });
  }

  /**
   * @returns the registration or approval of the link, or null if it has neither
   * @throws {AppError} INVALID_TOKEN if the registration no longer admits the user
   */
  async #registrationOf({ registrationId, approvalId }: AddressLink): Promise<RegistrationRow | null> {
    const { clock, db } = this.deps;
    const id = registrationId ?? approvalId;
    if (id === null) return null;
    const registration = await findRegistrationById(db, id);
    if (registration === null || !admits(registration, clock.now())) throw new AppError("INVALID_TOKEN");
    return registration;
  }

  async #stillAdmits(tx: Db, registration: RegistrationRow | null): Promise<boolean> {
    if (registration === null) return true;
    const now = await findRegistrationByIdForUpdate(tx, registration.id);
    return now !== null && now.status === registration.status && admits(now, this.deps.clock.now());
  }

  async #choose(
    link: AddressLink,
    registration: RegistrationRow | null,
    tenant: Tenant,
    { challenge, password, username, ...given }: Verification,
    client: ClientInfo,
  ): Promise<Chosen> {
    const { keyRing, passwords, usernames } = this.deps;
    const own =
      link.registrationId !== null && challenge !== null && readChallenge(keyRing, challenge) === link.registrationId;
    if (own && registration?.passwordHash) {
      const { name, locale, passwordHash, username: wanted } = registration;
      return { name, locale, passwordHash, username: { wanted, optional: true } };
    }
    if (password === null)
      throw new AppError("BAD_REQUEST", {
        reason: "PASSWORD_REQUIRED",
        message: "Choose a password for your account.",
      });
    const faults = [
      ...(given.name === null ? [] : validateName(given.name, "input.name")),
      ...(username === null ? [] : validateUsername(username, "input.username")),
    ];
    if (faults.length > 0) throw badInput(...faults);
    if (username !== null) await usernames.requireFree(client, username, "input.username");
    const name = cleanNameOrNull(given.name);
    const owner = { email: link.email, username, name };
    const passwordHash = await passwords.hashNew(
      password,
      { ...owner, tenantName: tenant.name },
      tenant.passwordMinLength,
      "input.password",
    );
    return { name, locale: DEFAULT_LOCALE, passwordHash, username: { wanted: username, optional: false } };
  }
}

const closed = (): AppError =>
  new AppError("FORBIDDEN", {
    message: "This company no longer has open registration. Ask its admins for an invitation.",
  });
