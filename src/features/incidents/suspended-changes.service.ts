import { asEmailTaken, type EmailChangeService } from "#features/account/index";
import type { AdministrationService } from "#features/administration/index";
import type { AuditLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import { hasVerifiedFactorOf, putBackFactor } from "#features/login/index";
import { findPassword, putBackPassword } from "#features/passwords/index";
import { findSessionBasis, type SessionAuthMethods, type SessionsService } from "#features/sessions/index";
import { isLinkedSince, putBackSocialAccount } from "#features/social/index";
import { findUserForUpdate, type User, type UsersService } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { Actor } from "#shared/actor";
import type { ClientInfo } from "#shared/client-info";
import { AppError, assertNever } from "#shared/errors";
import { parseId, type SuspendedChangeId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import { type ChangeAside, MAX_CHANGES } from "./suspended-changes.policy.ts";
import {
  consumeSuspendedChange,
  findSuspendedChange,
  listSuspendedChanges,
  type SuspendedChangeRow,
} from "./suspended-changes.repository.ts";

export type SuspendedChange = SuspendedChangeRow;

export interface SuspendedChangesDeps {
  readonly db: Db;
  readonly events: Pick<AuditLog, "record">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly authMethods: Pick<SessionAuthMethods, "require">;
  readonly challenges: Pick<ChallengesService, "revoke">;
  readonly emailChanges: Pick<EmailChangeService, "move">;
  readonly users: Pick<UsersService, "getVisible">;
  readonly administration: Pick<AdministrationService, "setRoles">;
}

/** Lets users confirm or remove the changes in their name that were suspended after a leak. */
export class SuspendedChangesService {
  constructor(private readonly deps: SuspendedChangesDeps) {}

  /** The viewer's suspended changes, the newest first. */
  list({ userId }: Viewer): Promise<SuspendedChange[]> {
    return listSuspendedChanges(this.deps.db, userId, MAX_CHANGES);
  }

  /**
   * Makes a change effective again. The viewer's session must be based on a credential that existed when the change was suspended.
   * The mailbox, or a credential added later, is not enough.
   * @throws {AppError} NOT_FOUND, FORBIDDEN/OLDER_CREDENTIAL_REQUIRED, CONFLICT if another credential has replaced it,
   * CONFLICT/EMAIL_TAKEN, and for roles the errors of `setMemberRoles`
   */
  async confirm(actor: Actor, id: string): Promise<SuspendedChange> {
    const { db } = this.deps;
    const changeId = parseId<SuspendedChangeId>(id);
    const change = changeId && (await findSuspendedChange(db, actor.viewer.userId, changeId));
    if (!change) throw new AppError("NOT_FOUND");
    await this.#requireOlderCredential(db, actor.viewer, change);
    // Uses the rules of `setMemberRoles`, which locks the other user. So it runs first, in its own transaction.
    if (change.change.kind === "ROLES") await this.#giveRoles(actor, change.change);
    await this.#decide(actor, change.id, async (tx, user, consumed) => {
      await this.#requireOlderCredential(tx, actor.viewer, consumed);
      await this.#putBack(tx, user, consumed.change, actor.client);
      return "SUSPENDED_CHANGE_CONFIRMED";
    });
    return change;
  }

  /**
   * Removes a change permanently.
   * @throws {AppError} NOT_FOUND
   */
  async remove(actor: Actor, id: string): Promise<SuspendedChangeId> {
    const changeId = parseId<SuspendedChangeId>(id);
    if (changeId === null) throw new AppError("NOT_FOUND");
    await this.#decide(actor, changeId, async () => "SUSPENDED_CHANGE_REMOVED");
    return changeId;
  }

  /** Consumes the change, once among many callers, and runs `work` in the same transaction. */
  async #decide(
    { viewer, client }: Actor,
    id: SuspendedChangeId,
    work: (
      tx: Db,
      user: User,
      change: SuspendedChange,
    ) => Promise<"SUSPENDED_CHANGE_CONFIRMED" | "SUSPENDED_CHANGE_REMOVED">,
  ): Promise<void> {
    const { events, authMethods, sessions } = this.deps;
    const { tenantId, userId } = viewer;
    await asEmailTaken(() =>
      sessions.withSessionInvalidation(userId, async (tx) => {
        const user = await findUserForUpdate(tx, userId);
        if (user === null) throw new AppError("UNAUTHENTICATED");
        await authMethods.require(tx, viewer);
        const change = await consumeSuspendedChange(tx, userId, id);
        if (change === null) throw new AppError("NOT_FOUND");
        const type = await work(tx, user, change);
        const details = { suspendedChangeId: id, kind: change.kind };
        await events.record(tx, { type, tenantId, userId, client, details });
        return { email: user.email };
      }),
    );
  }

  async #requireOlderCredential(
    db: Db,
    { sessionId, userId }: Viewer,
    { suspendedAt }: Pick<SuspendedChange, "suspendedAt">,
  ): Promise<void> {
    const basis = await findSessionBasis(db, sessionId);
    if (basis === null) throw new AppError("UNAUTHENTICATED");
    const { authenticatedWith: methods, passkeyId, socialAccountId } = basis;
    if (await hasVerifiedFactorOf(db, userId, { methods, passkeyId }, suspendedAt)) return;
    if (methods.includes("PASSWORD")) {
      const password = await findPassword(db, userId);
      if (password !== null && password.changedAt <= suspendedAt) return;
    }
    if (socialAccountId && (await isLinkedSince(db, { id: socialAccountId, userId }, suspendedAt))) return;
    throw new AppError("FORBIDDEN", {
      reason: "OLDER_CREDENTIAL_REQUIRED",
      message: "Log in with a password, factor or account that you had before the change was suspended.",
    });
  }

  async #giveRoles(actor: Actor, { roles, userId }: Extract<ChangeAside, { kind: "ROLES" }>): Promise<void> {
    const { administration, users } = this.deps;
    const target = await users.getVisible(actor.viewer, userId);
    await administration.setRoles(actor, userId, [...target.roles, ...roles]);
  }

  async #putBack(tx: Db, user: User, change: ChangeAside, client: ClientInfo): Promise<void> {
    const { challenges, emailChanges } = this.deps;
    switch (change.kind) {
      case "TOTP":
      case "PASSKEY":
      case "BACKUP_CODES":
        if (!(await putBackFactor(tx, change.kind, change.rows))) throw replaced();
        break;
      case "SOCIAL_ACCOUNT":
        if (!(await putBackSocialAccount(tx, change.rows))) throw replaced();
        break;
      case "PASSWORD":
        if (!(await putBackPassword(tx, change.rows))) throw replaced();
        break;
      case "EMAIL":
        if (!(await emailChanges.move(tx, user, change.email, client))) throw emailTaken();
        break;
      case "ROLES":
        return;
      default:
        return assertNever(change);
    }
    await challenges.revoke(tx, user.id);
  }
}

const replaced = (): AppError =>
  new AppError("CONFLICT", { message: "Another credential has replaced it. Remove this change." });

const emailTaken = (): AppError =>
  new AppError("CONFLICT", { reason: "EMAIL_TAKEN", message: "This address is taken." });
