import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { Ids } from "../../platform/ids.ts";
import type { JobQueue, Task } from "../../platform/jobs/jobs.ts";
import type { MailQueue } from "../../platform/mail/index.ts";
import type { Client } from "../../shared/client.ts";
import { AppError, badInput, type FieldFault } from "../../shared/errors.ts";
import type { UserId } from "../../shared/ids.ts";
import { normalizeLocale, toLocale } from "../../shared/locales.ts";
import { cleanNameOrNull } from "../../shared/names.ts";
import type { SecurityLog } from "../audit/index.ts";
import { ENTRY_PURPOSES, type LinkPayload, type LinkPurpose, type LinkRow, type LinksService } from "../links/index.ts";
import type { PasswordsService } from "../passwords/index.ts";
import type { SessionsService } from "../sessions/index.ts";
import type { Tenant, TenantsService } from "../tenants/index.ts";
import {
  canonicalEmail,
  canonicalUsername,
  emailFaults,
  findUserByEmail,
  findUserByUsername,
  findUserForUpdate,
  insertUser,
  isUnproved,
  nameFaults,
  type User,
  updateUser,
  usernameFaults,
} from "../users/index.ts";
import type { ApprovalsService } from "./approvals.service.ts";
import type { RegistrationNext } from "./registration.policy.ts";
import { findAddressHolder, updateUsernameIfFree } from "./registration.repository.ts";
import { asWished, movesAway, newcomer, type PasswordWish, type Wish } from "./wishes.ts";

/** The job behind a request for another verification mail. */
export const RESEND_VERIFICATION = "resend-verification";

const resendRequest = z.object({ email: z.string() });

export interface RegistrationServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly jobs: JobQueue;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<SecurityLog, "record">;
  readonly sessions: Pick<SessionsService, "changing">;
  readonly tenants: Pick<TenantsService, "getForVisitor">;
  readonly links: LinksService;
  readonly passwords: Pick<PasswordsService, "hashNew" | "storePassword" | "deletePassword">;
  readonly approvals: Pick<ApprovalsService, "request">;
  /** Whether a visitor may learn that an address is taken. */
  readonly revealTakenEmail: boolean;
}

export interface RegistrationRequest {
  /** The short name of the tenant; absent: the default one. */
  readonly tenant?: string | null | undefined;
  readonly email: string;
  readonly password: string;
  readonly username?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly locale?: string | null | undefined;
}

type Admission = "ADMITTED" | "ADDRESS_TAKEN";

/** How visitors become users: a registration, and the proof that they read mail at the address. */
export class RegistrationService {
  readonly #deps: RegistrationServiceDeps;

  constructor(deps: RegistrationServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Registers a visitor, who must then prove the address, or wait until an admin has decided. A taken address is answered as
   * a free one and its owner is told. Throws NOT_FOUND, FORBIDDEN, BAD_USER_INPUT, CONFLICT/USERNAME_TAKEN,
   * BAD_REQUEST/WEAK_PASSWORD; CONFLICT/EMAIL_TAKEN by setting.
   */
  async register(request: RegistrationRequest, client: Client): Promise<{ next: RegistrationNext }> {
    const { db, passwords, revealTakenEmail, tenants } = this.#deps;
    const tenant = await tenants.getForVisitor(request.tenant);
    if (tenant.registration === "INVITE_ONLY")
      throw new AppError("FORBIDDEN", { message: "People come by invitation only." });
    const faults = faultsOf(request);
    if (faults.length > 0) throw badInput(...faults);

    const { email, password, username = null } = request;
    const name = cleanNameOrNull(request.name);
    if (username !== null && (await findUserByUsername(db, canonicalUsername(username))))
      throw new AppError("CONFLICT", { reason: "USERNAME_TAKEN", message: "This username is taken." });
    const owner = { email, username, name };
    const passwordHash = await passwords.hashNew(password, owner, tenant.passwordMinLength, "input.password");
    const wish = { passwordHash, username, name, locale: normalizeLocale(request.locale), tenantId: tenant.id };

    const approval = tenant.registration === "APPROVAL";
    const admission = await db.transaction((tx) =>
      approval ? this.#ask(tx, tenant, email, wish, client) : this.#admit(tx, tenant, email, wish, client),
    );
    if (admission === "ADDRESS_TAKEN" && revealTakenEmail)
      throw new AppError("CONFLICT", { reason: "EMAIL_TAKEN", message: "This address is taken." });
    return { next: approval ? "AWAIT_APPROVAL" : "VERIFY_EMAIL" };
  }

  /** The same number of round trips for every address, whoever has it: the time must not tell. */
  async #admit(tx: Db, tenant: Tenant, email: string, wish: PasswordWish, client: Client): Promise<Admission> {
    const { clock, ids } = this.#deps;
    const traits = { id: ids.next<UserId>(), email, tenantId: tenant.id, createdAt: clock.now() };
    const inserted = await insertUser(tx, newcomer(traits, wish));
    const holder = await findAddressHolder(tx, canonicalEmail(email));
    // Taken a moment ago and deleted since: whoever tries again finds it free.
    if (holder === null) throw new AppError("SERVICE_UNAVAILABLE");
    if (inserted) return this.#welcome(tx, inserted, wish, client);
    if (isUnproved(holder)) return this.#admitAgain(tx, holder, wish);
    // Nothing is wanted of it but its round trip, in the place of the link's.
    await this.#deps.links.newest(tx, holder.id, "verify-email");
    return this.#tellOwner(tx, holder);
  }

  /** Two round trips for every address, whoever has it. Several may wait for one: whose it is, is proved in the end. */
  async #ask(tx: Db, tenant: Tenant, email: string, wish: Wish, client: Client): Promise<Admission> {
    const holder = await findUserByEmail(tx, canonicalEmail(email));
    if (holder !== null && !isUnproved(holder)) return this.#tellOwner(tx, holder);
    await this.#deps.approvals.request(tx, tenant, email, wish, client);
    return "ADMITTED";
  }

  async #welcome(tx: Db, user: User, wish: PasswordWish, client: Client): Promise<Admission> {
    const { events, passwords } = this.#deps;
    const { id: userId, tenantId } = user;
    const [link] = await Promise.all([
      this.#issueLink(tx, user, { registration: wish }),
      passwords.storePassword(tx, user, wish.passwordHash),
      events.record(tx, { type: "USER_REGISTERED", tenantId, userId, client }),
    ]);
    await this.#mailLink(tx, user, link);
    return "ADMITTED";
  }

  /**
   * Nobody has proved this address yet, so nobody may change what another one asked for: the waiting user and the password
   * stay as they are, and the newer wish lies in a link of its own. Whoever reads the mail gets exactly what belongs to the
   * link that is followed, so an account that an attacker made beforehand gives the attacker nothing. The older password
   * meanwhile opens nothing: it only decides whether a login is told EMAIL_NOT_VERIFIED.
   */
  async #admitAgain(tx: Db, user: User, wish: Wish): Promise<Admission> {
    await this.#mailLink(tx, user, await this.#issueLink(tx, user, { registration: wish }));
    return "ADMITTED";
  }

  async #tellOwner(tx: Db, owner: User): Promise<Admission> {
    const { clock, mails, revealTakenEmail } = this.#deps;
    if (revealTakenEmail) return "ADDRESS_TAKEN";
    const data = { name: owner.name, at: clock.now() };
    await mails.enqueue(tx, { template: "already-registered", to: owner.email, locale: toLocale(owner.locale), data });
    return "ADDRESS_TAKEN";
  }

  /** Takes the request for another mail, and does the same for every address. */
  async requestVerification(email: string): Promise<void> {
    const { db, jobs } = this.#deps;
    await jobs.add(db, RESEND_VERIFICATION, { email: canonicalEmail(email) });
  }

  /** The task behind `requestVerification`: mails the newest wish again, in a new link. */
  readonly resendVerification: Task = async (payload) => {
    const { db, links } = this.#deps;
    const { email } = resendRequest.parse(payload);
    const found = await findUserByEmail(db, email);
    if (found === null) return;
    await db.transaction(async (tx) => {
      const user = await findUserForUpdate(tx, found.id);
      if (user === null || !isUnproved(user)) return;
      // The newest, for the oldest may be the wish of somebody who was here before the owner of the address.
      const wanted = await links.newest(tx, user.id, "verify-email", "activate");
      if (wanted === null) return;
      await this.#mailLink(tx, user, await this.#issueLink(tx, user, wanted.payload, wanted.purpose));
    });
  };

  /** Lets in whoever holds the link, with what was wanted when it was asked for. Throws INVALID_TOKEN. */
  async verifyEmail(token: string, client: Client): Promise<{ email: string }> {
    const { db, links, sessions } = this.#deps;
    const link = await links.find(db, "verify-email", token);
    const user = link && (await sessions.changing(link.userId, (tx) => this.#letIn(tx, link.userId, token, client)));
    if (!user) throw new AppError("INVALID_TOKEN");
    return { email: user.email };
  }

  async #letIn(tx: Db, id: UserId, token: string, client: Client): Promise<User | null> {
    const { links, events, passwords } = this.#deps;
    const user = await findUserForUpdate(tx, id);
    // Once the owner is in, no link may put another password in the place of the owner's, not even one that was issued at
    // the very moment of the verification.
    if (user === null || !isUnproved(user)) return null;
    const link = await links.consume(tx, "verify-email", token);
    if (link === null) return null;

    const { registration: wish } = link.payload;
    const changes = wish && asWished(user, wish);
    await updateUser(tx, id, { ...changes, status: "ACTIVE", emailVerified: true });
    const { tenantId } = changes ?? user;
    // Who wished for none must not come by another one's.
    if (wish?.passwordHash === null) await passwords.deletePassword(tx, id);
    else if (wish) await passwords.storePassword(tx, { id, tenantId }, wish.passwordHash);
    // Until now the name was nobody's: a stranger's wish must not keep it from those who have proved who they are. Where
    // it is gone by now the user chooses another.
    if (wish?.username) await updateUsernameIfFree(tx, id, wish.username);
    await links.revoke(tx, id, ENTRY_PURPOSES);
    const moved = wish !== undefined && movesAway(user, wish);
    if (moved) await events.record(tx, { type: "USER_REGISTERED", tenantId, userId: id, client });
    await events.record(tx, { type: "EMAIL_VERIFIED", tenantId, userId: id, client });
    return user;
  }

  /** Older links stay good: they are other people's, for all we know. */
  #issueLink(
    tx: Db,
    { id, tenantId }: User,
    payload: LinkPayload,
    purpose: LinkPurpose = "verify-email",
  ): Promise<LinkRow> {
    const user = { id, tenantId: payload.registration?.tenantId ?? tenantId };
    return this.#deps.links.issue(tx, { user, purpose, payload, replaceOlder: false });
  }

  async #mailLink(tx: Db, user: User, link: LinkRow): Promise<void> {
    const locale = toLocale(link.payload.registration?.locale ?? user.locale);
    const template = link.purpose === "activate" ? "tenant-activation" : "verify-email";
    await this.#deps.mails.enqueue(tx, { template, to: user.email, locale, data: {}, link });
  }
}

const faultsOf = ({ email, username, name }: RegistrationRequest): FieldFault[] => [
  ...emailFaults(email, "input.email"),
  ...(username == null ? [] : usernameFaults(username, "input.username")),
  ...(name == null ? [] : nameFaults(name, "input.name")),
];
