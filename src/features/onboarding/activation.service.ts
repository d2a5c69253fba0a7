import type { Db } from "../../platform/database/database.ts";
import type { Client } from "../../shared/client.ts";
import { AppError } from "../../shared/errors.ts";
import type { TenantId, UserId } from "../../shared/ids.ts";
import type { SecurityLog } from "../audit/index.ts";
import { ENTRY_PURPOSES, type LinksService } from "../links/index.ts";
import type { PasswordsService } from "../passwords/index.ts";
import type { SessionsService } from "../sessions/index.ts";
import { findTenantForUpdate } from "../tenants/index.ts";
import { findUserForUpdate, isUnproved, type User, updateUser } from "../users/index.ts";
import { adminRegistered, adminVerified } from "./onboarding.events.ts";
import { ADMIN_ROLES } from "./onboarding.policy.ts";
import { deleteAbandonedTenants, listSlugsLike, updateSlugIfFree } from "./onboarding.repository.ts";
import { freeSlug, slugOf } from "./slugs.policy.ts";

export interface ActivationDeps {
  readonly db: Db;
  readonly sessions: Pick<SessionsService, "changing">;
  readonly links: Pick<LinksService, "find" | "consume" | "revoke">;
  readonly passwords: Pick<PasswordsService, "storePassword">;
  readonly events: Pick<SecurityLog, "record">;
}

/** Of two companies of one name that are activated at once, one waits for the other and takes the next short name. */
const MAX_TRIES = 5;
const SWEEP_BATCH = 100;

/** How a new company's admin gets in, by the link of the mail. */
export class ActivationService {
  readonly #deps: ActivationDeps;

  constructor(deps: ActivationDeps) {
    this.#deps = deps;
  }

  /**
   * Lets the admin in, with the password that was chosen when this very link was asked for; and the company comes by its
   * short name. Throws INVALID_TOKEN.
   */
  async activate(token: string, client: Client): Promise<{ email: string }> {
    const { db, links, sessions } = this.#deps;
    const link = await links.find(db, "activate", token);
    const user = link && (await sessions.changing(link.userId, (tx) => this.#activate(tx, link.userId, token, client)));
    if (!user) throw new AppError("INVALID_TOKEN");
    return { email: user.email };
  }

  /**
   * The user may be one of another tenant, where an earlier wish for the same address waited: whoever follows a link gets
   * exactly what belongs to it.
   */
  async #activate(tx: Db, id: UserId, token: string, client: Client): Promise<User | null> {
    const { events, links, passwords } = this.#deps;
    const user = await findUserForUpdate(tx, id);
    if (user === null || !isUnproved(user)) return null;
    const link = await links.consume(tx, "activate", token);
    const wish = link?.payload.registration;
    if (!link || !wish?.passwordHash) return null;

    const { tenantId } = link;
    const { passwordHash, name, locale } = wish;
    const standing = { status: "ACTIVE", emailVerified: true, passwordResetRequired: false } as const;
    const admin = await updateUser(tx, id, { ...standing, tenantId, roles: [...ADMIN_ROLES], name, locale });
    if (admin === null) return null;
    await passwords.storePassword(tx, admin, passwordHash);
    await links.revoke(tx, id, ENTRY_PURPOSES);
    await this.#giveSlug(tx, tenantId);
    if (user.tenantId !== tenantId) await events.record(tx, adminRegistered(admin, client));
    await events.record(tx, adminVerified(admin, client));
    return admin;
  }

  async #giveSlug(tx: Db, id: TenantId): Promise<void> {
    const tenant = await findTenantForUpdate(tx, id);
    if (tenant === null) throw new Error("A link leads to a tenant that is not there.");
    const base = slugOf(tenant.name);
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const slug = freeSlug(base, new Set(await listSlugsLike(tx, base)));
      if (await updateSlugIfFree(tx, id, slug)) return;
    }
    throw new AppError("SERVICE_UNAVAILABLE", { retryAfter: 1 });
  }

  /**
   * Forgets companies that were never activated, once their link is forgotten (30 days after it expired) and their admin with
   * it (`AccountService.sweep`).
   */
  async sweep(): Promise<void> {
    while ((await deleteAbandonedTenants(this.#deps.db, SWEEP_BATCH)) === SWEEP_BATCH);
  }
}
