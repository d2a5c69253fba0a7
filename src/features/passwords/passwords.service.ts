import type { Clock } from "../../platform/clock.ts";
import { isCommonPassword } from "../../platform/common-passwords.ts";
import type { Db } from "../../platform/database/database.ts";
import { KeyedSemaphore } from "../../platform/keyed-semaphore.ts";
import type { Limits } from "../../platform/limits/limits.ts";
import type { MailQueue } from "../../platform/mail/index.ts";
import type { PasswordHasher } from "../../platform/password-hashing/index.ts";
import type { Client } from "../../shared/client.ts";
import { AppError, badInput } from "../../shared/errors.ts";
import type { TenantId, UserId } from "../../shared/ids.ts";
import { toLocale } from "../../shared/locales.ts";
import { provedWithin, REAUTH_MAX_AGE, type Viewer } from "../../shared/viewer.ts";
import type { SecurityLog } from "../audit/index.ts";
import type { ChallengesService } from "../challenges/index.ts";
import type { LinksService } from "../links/index.ts";
import type { SessionProofs, SessionsService } from "../sessions/index.ts";
import { type LogoutScope, logoutScope, type TenantsService } from "../tenants/index.ts";
import { findUserById, findUserForUpdate, type User } from "../users/index.ts";
import { isSamePassword, type PasswordContext, passwordFaults } from "./passwords.policy.ts";
import {
  findPassword,
  insertPassword,
  listUsersWithPassword,
  type PasswordRow,
  updatePasswordHash,
  upsertPassword,
} from "./passwords.repository.ts";

export interface PasswordsServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly hasher: Pick<PasswordHasher, "hash" | "verify">;
  readonly limits: Pick<Limits, "take" | "settle">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<SecurityLog, "record">;
  readonly sessions: Pick<SessionsService, "changing" | "endAll">;
  readonly proofs: Pick<SessionProofs, "require">;
  readonly tenants: Pick<TenantsService, "get">;
  readonly links: Pick<LinksService, "revoke">;
  readonly challenges: Pick<ChallengesService, "revoke">;
}

/** Whose password it is to be: it must not say so itself. */
export type PasswordOwner = Pick<PasswordContext, "email" | "username" | "name">;

export interface PasswordChange {
  readonly currentPassword?: string | null | undefined;
  readonly newPassword: string;
  readonly logout?: LogoutScope | null | undefined;
}

/** Wrong passwords that a signed-in caller may give in 15 minutes: a stolen session must not become a stolen password. */
const PROOFS = { limit: 5, window: 900 };

const limitOfProofs = (userId: UserId) => ({ key: `prove-password:${userId}`, ...PROOFS });

/** Proving, changing and storing the passwords of users who know them. */
export class PasswordsService {
  readonly #deps: PasswordsServiceDeps;
  /** Parallel proofs of one user take turns, so that right ones are not mistaken for guesses still being weighed. */
  readonly #turns = new KeyedSemaphore(PROOFS.limit);

  constructor(deps: PasswordsServiceDeps) {
    this.#deps = deps;
  }

  /** Hashes a password that keeps the rules. Throws BAD_REQUEST/WEAK_PASSWORD, which names each fault at `path`. */
  async hashNew(password: string, owner: PasswordOwner, minLength: number, path: string): Promise<string> {
    this.#refuseWeak(password, owner, minLength, path);
    return this.#deps.hasher.hash(password);
  }

  /**
   * Has a signed-in user prove the password, and answers what was proved. Throws BAD_REQUEST/NO_PASSWORD_SET,
   * FORBIDDEN/INCORRECT_PASSWORD, RATE_LIMITED; UNAUTHENTICATED where the user is deleted by now.
   */
  async prove(userId: UserId, password: string): Promise<PasswordRow> {
    const stored = await findPassword(this.#deps.db, userId);
    if (stored === null) throw await this.#withoutPassword(userId);
    const right = await this.#turns.run(userId, () => this.#weigh(stored, password));
    if (right) return stored;
    throw new AppError("FORBIDDEN", { reason: "INCORRECT_PASSWORD", message: "The password is wrong." });
  }

  /** Counted before it is weighed: of any number of parallel guesses no more than the limit are. */
  async #weigh(stored: PasswordRow, password: string): Promise<boolean> {
    const { db, hasher, limits } = this.#deps;
    const limit = limitOfProofs(stored.userId);
    const { exceeded, retryAfter } = await limits.take(db, [limit]);
    if (exceeded) throw new AppError("RATE_LIMITED", { retryAfter });

    const giveBack = () => limits.settle(db, { reset: [], giveBack: [limit.key] });
    const right = await hasher.verify(stored.hash, password).catch(async (busy: unknown) => {
      await giveBack();
      throw busy;
    });
    if (right) await giveBack();
    return right;
  }

  /** Changes the own password, or sets the first one. Answers how many sessions ended. */
  async changePassword(viewer: Viewer, client: Client, change: PasswordChange): Promise<{ endedSessions: number }> {
    const { db, hasher, tenants } = this.#deps;
    const [stored, user, tenant] = await Promise.all([
      findPassword(db, viewer.userId),
      findUserById(db, viewer.userId),
      tenants.get(viewer.tenantId),
    ]);
    if (user === null) throw new AppError("UNAUTHENTICATED");

    if (stored) requireAnother(change);
    this.#refuseWeak(change.newPassword, user, tenant.passwordMinLength, "input.newPassword");
    const proved = stored ? await this.prove(user.id, change.currentPassword ?? "") : this.#requireFreshProof(viewer);
    const hash = await hasher.hash(change.newPassword);
    const scope = logoutScope(change.logout, tenant.passwordChangeEnds);
    return this.#replace(viewer, client, { proved, hash, scope });
  }

  /** Makes this hash the user's password, in the transaction of a use case that has its own proof. */
  async storePassword(tx: Db, user: { readonly id: UserId; readonly tenantId: TenantId }, hash: string): Promise<void> {
    await upsertPassword(tx, { userId: user.id, tenantId: user.tenantId, hash, changedAt: this.#deps.clock.now() });
  }

  /** For DataLoader: whether each of these users has a password. */
  readonly haveUsers = async (ids: readonly UserId[]): Promise<boolean[]> => {
    const withPassword = new Set(await listUsersWithPassword(this.#deps.db, ids));
    return ids.map((id) => withPassword.has(id));
  };

  async #replace(
    viewer: Viewer,
    client: Client,
    { proved, hash, scope }: { proved: PasswordRow | null; hash: string; scope: LogoutScope },
  ): Promise<{ endedSessions: number }> {
    const { challenges, clock, links, mails, events, proofs, sessions } = this.#deps;
    const outcome = await sessions.changing(viewer.userId, async (tx) => {
      const user = await findUserForUpdate(tx, viewer.userId);
      if (user === null) return "DELETED";
      // The session may have ended while the password was hashed, or what it proved may be too little by now.
      if (!proved) await proofs.require(tx, viewer, REAUTH_MAX_AGE);
      // What was proved must still be the password: a change or reset that came between is not undone.
      const now = clock.now();
      const replaced = proved
        ? await updatePasswordHash(tx, user.id, proved.hash, hash, now)
        : await insertPassword(tx, { userId: user.id, tenantId: user.tenantId, hash, changedAt: now });
      if (!replaced) return "CHANGED_MEANWHILE";

      const endedSessions = await this.#endSessions(tx, user, viewer, client, scope);
      // Neither a login nor a change of address begun by a thief must outlive the password that he knew.
      await challenges.revoke(tx, user.id);
      await links.revoke(tx, user.id, ["reset-password", "change-email"]);
      const { id: userId, tenantId, name, email: to } = user;
      await events.record(tx, { type: "PASSWORD_CHANGED", tenantId, userId, client, details: { endedSessions } });
      const data = { name, at: now, endedSessions };
      await mails.enqueue(tx, { template: "password-changed", to, locale: toLocale(user.locale), data });
      return { endedSessions };
    });
    if (outcome === "DELETED") throw new AppError("UNAUTHENTICATED");
    if (outcome === "CHANGED_MEANWHILE")
      throw new AppError("CONFLICT", { message: "The password was changed meanwhile." });
    return outcome;
  }

  async #endSessions(tx: Db, user: User, viewer: Viewer, client: Client, scope: LogoutScope): Promise<number> {
    if (scope === "NONE") return 0;
    const except = scope === "OTHERS" ? { except: viewer.sessionId } : {};
    return this.#deps.sessions.endAll(tx, user, "PASSWORD_CHANGED", { client, ...except });
  }

  /** Before the first password there is none to prove: what the user logged in with must be, and just now. */
  #requireFreshProof(viewer: Viewer): null {
    if (provedWithin(viewer, REAUTH_MAX_AGE, this.#deps.clock.now())) return null;
    throw new AppError("REAUTHENTICATION_REQUIRED");
  }

  #refuseWeak(password: string, owner: PasswordOwner, minLength: number, path: string): void {
    const faults = passwordFaults(password, { ...owner, minLength, isCommon: isCommonPassword });
    if (faults.length === 0) return;
    const fields = faults.map((message) => ({ path, message }));
    throw new AppError("BAD_REQUEST", { reason: "WEAK_PASSWORD", message: "This password cannot be used.", fields });
  }

  async #withoutPassword(userId: UserId): Promise<AppError> {
    if ((await findUserById(this.#deps.db, userId)) === null) return new AppError("UNAUTHENTICATED");
    return new AppError("BAD_REQUEST", { reason: "NO_PASSWORD_SET", message: "No password is set." });
  }
}

/** Where a password is set the current one is needed, and the new one must be another. */
const requireAnother = ({ currentPassword, newPassword }: PasswordChange): void => {
  if (currentPassword == null) throw badInput({ path: "input.currentPassword", message: "Give the current password." });
  if (!isSamePassword(currentPassword, newPassword)) return;
  throw new AppError("BAD_REQUEST", { reason: "SAME_PASSWORD", message: "The new password is the current one." });
};
