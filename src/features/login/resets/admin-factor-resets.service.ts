import { listActiveAdmins, listActiveOperators, requireSoleHome } from "#features/memberships/index";
import type { SessionsService } from "#features/sessions/index";
import {
  findUserById,
  findUserForUpdate,
  listGranters,
  listLatestGrants,
  lockUsers,
  type User,
  type UsersService,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import { canManage, canView, tenantScope } from "#shared/access-policy";
import type { Actor } from "#shared/actor";
import { AppError, assertNever } from "#shared/errors";
import { type FactorResetId, parseId, type UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { ALWAYS, type Page, type PageRequest, type Period, toPage, toSlice } from "#shared/paging";
import { hasRole } from "#shared/roles";
import type { Viewer } from "#shared/viewer";
import { FACTOR_RESET_APPROVAL } from "../mails/factor-reset-approval.ts";
import { type FactorResetStatus, mayApprove, mayStillRequest, statusOf } from "./factor-resets.policy.ts";
import {
  countFactorResets,
  type FactorResetRow,
  findFactorReset,
  findPendingReset,
  listFactorResets,
} from "./factor-resets.repository.ts";
import type { FactorResets } from "./factor-resets.service.ts";

/** A reset with its status. */
export type FactorReset = FactorResetRow & { readonly status: FactorResetStatus };

/** Filters for a list of resets. */
export interface FactorResetCriteria {
  readonly status?: FactorResetStatus | null | undefined;
  readonly requestedAt?: Period | null | undefined;
}

export interface AdminFactorResetsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly users: Pick<UsersService, "getVisible">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly resets: Pick<FactorResets, "start" | "carryOut">;
}

type FactorResetRefusal = "NOT_FOUND" | "MISSING_PERMISSION" | "NOT_ACTIVE" | "OVER" | "VOID" | "NOT_INDEPENDENT";

/**
 * Resets by admins, for a user who has lost all second factors. One admin requests the reset. A second one who does not depend on
 * the first approves it, or it is carried out after a day, during which the user is notified and can stop it.
 */
export class AdminFactorResets {
  constructor(private readonly deps: AdminFactorResetsDeps) {}

  /**
   * Requests the reset for another user. A reset that an admin has already requested continues unchanged; one that the user has
   * requested is replaced.
   * @throws {AppError} NOT_FOUND, BAD_REQUEST for the viewer, FORBIDDEN/MISSING_PERMISSION for an admin facing an operator,
   * CONFLICT if the user is not active
   */
  async request({ viewer, client }: Actor, userId: string): Promise<FactorReset> {
    const { db, resets, users } = this.deps;
    if (parseId<UserId>(userId) === viewer.userId)
      throw new AppError("BAD_REQUEST", { message: "You cannot reset your own second factors this way." });
    const { id } = await users.getVisible(viewer, userId);
    const outcome = await db.transaction(async (tx): Promise<FactorResetRow | FactorResetRefusal> => {
      const user = await findUserForUpdate(tx, id);
      if (user === null) return "NOT_FOUND";
      if (!canManage(viewer, user, "factors:reset")) return "MISSING_PERMISSION";
      await requireSoleHome(tx, viewer, user);
      if (user.status !== "ACTIVE") return "NOT_ACTIVE";
      const waiting = await findPendingReset(tx, user.id);
      if (waiting?.origin === "ADMIN") return waiting;
      const reset = await resets.start(tx, user, { origin: "ADMIN", requestedBy: viewer.userId }, client);
      await this.#notifyApprovers(tx, user, reset, viewer);
      return reset;
    });
    if (typeof outcome === "string") throw refused(outcome);
    return withStatus(outcome);
  }

  /**
   * Carries out a reset that another admin has requested. Exactly one of two concurrent approvals, or of an approval and a
   * cancellation, wins. An approval and the suspension of either admin are serialized.
   * @throws {AppError} NOT_FOUND, CONFLICT if it does not wait for an approval, FORBIDDEN/MISSING_PERMISSION,
   * FORBIDDEN/APPROVER_NOT_INDEPENDENT
   */
  async approve({ viewer, client }: Actor, factorResetId: string): Promise<FactorReset> {
    const { resets, sessions } = this.deps;
    const found = await this.findVisible(viewer, factorResetId);
    if (found === null) throw refused("NOT_FOUND");
    const { id, userId, requestedBy } = found;
    if (requestedBy === null) throw refused("OVER");
    const outcome = await sessions.withSessionInvalidation(
      userId,
      async (tx): Promise<FactorResetRow | FactorResetRefusal> => {
        const people = await lockUsers(tx, [userId, requestedBy, viewer.userId]);
        const user = people.get(userId);
        const approver = people.get(viewer.userId);
        if (!user) return "NOT_FOUND";
        if (approver?.status !== "ACTIVE" || !canManage(viewer, user, "factors:reset")) return "MISSING_PERMISSION";
        await requireSoleHome(tx, viewer, user);
        const reset = await findPendingReset(tx, userId);
        if (reset?.id !== id) return "OVER";
        const requester = people.get(requestedBy);
        if (!requester || !mayStillRequest(requester, user)) return "VOID";
        if ((await this.#independent(tx, user, requester, [approver])).length === 0) return "NOT_INDEPENDENT";
        const done = await resets.carryOut(tx, user, reset, { approvedBy: viewer.userId, client });
        return done ? ((await findFactorReset(tx, "ALL", id)) ?? "NOT_FOUND") : "OVER";
      },
    );
    if (typeof outcome === "string") throw refused(outcome);
    return withStatus(outcome);
  }

  /** A page of resets, newest first: of the viewer's tenant, or of all tenants for operators. @throws {AppError} BAD_USER_INPUT */
  async list(
    viewer: Viewer,
    { status, requestedAt }: FactorResetCriteria,
    page: PageRequest,
  ): Promise<Page<FactorReset>> {
    const { db } = this.deps;
    const slice = toSlice(page);
    const query = { scope: tenantScope(viewer), status: status ?? null, requestedAt: requestedAt ?? ALWAYS };
    const rows = await listFactorResets(db, query, slice);
    return toPage(rows.map(withStatus), slice, () => countFactorResets(db, query));
  }

  /** The reset with this id if the viewer may see it (admins of the tenant and operators); else null. */
  async findVisible(viewer: Viewer, id: string): Promise<FactorReset | null> {
    const resetId = parseId<FactorResetId>(id);
    const found = resetId && (await findFactorReset(this.deps.db, tenantScope(viewer), resetId));
    return found && canView(viewer, { tenantId: found.tenantId, userId: null }, "factors:reset")
      ? withStatus(found)
      : null;
  }

  /** The candidates who may approve a reset that this admin has requested. */
  async #independent(tx: Db, target: User, requester: User, candidates: readonly User[]): Promise<User[]> {
    const ids = [requester.id, ...candidates.map(({ id }) => id)];
    const grants = await listLatestGrants(tx, ids);
    const granters = await listGranters(tx, ids);
    const now = this.deps.clock.now();
    const grantersOf = (id: UserId) => granters.get(id) ?? new Set<UserId>();
    return candidates.filter((approver) => {
      const granted = grants.filter((grant) => grant.userId === approver.id);
      const known = { ofRequester: grantersOf(requester.id), ofApprover: grantersOf(approver.id) };
      return mayApprove({ requester, target, approver, granted, granters: known }, now);
    });
  }

  /** Notifies those who may approve: admins of the tenant, and also operators if an operator requested it. */
  async #notifyApprovers(
    tx: Db,
    user: User,
    { dueAt: due, requestedAt: at }: FactorResetRow,
    viewer: Viewer,
  ): Promise<void> {
    const requester = await findUserById(tx, viewer.userId);
    if (requester === null) return;
    const admins = await listActiveAdmins(tx, user.tenantId);
    const operators = hasRole(requester.roles, "OPERATOR") ? await listActiveOperators(tx) : [];
    const candidates = new Map([...admins, ...operators].map((each) => [each.id, each]));
    for (const { email: to, name, locale } of await this.#independent(tx, user, requester, [...candidates.values()])) {
      const data = { name, at, due, email: user.email };
      await this.deps.mails.enqueue(tx, FACTOR_RESET_APPROVAL, { to, locale: toLocale(locale), data });
    }
  }
}

const withStatus = (row: FactorResetRow): FactorReset => ({ ...row, status: statusOf(row) });

const refused = (refusal: FactorResetRefusal): AppError => {
  switch (refusal) {
    case "NOT_FOUND":
      return new AppError("NOT_FOUND");
    case "MISSING_PERMISSION":
      return new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION" });
    case "NOT_ACTIVE":
      return new AppError("CONFLICT", { message: "Only an active user's second factors can be reset." });
    case "OVER":
      return new AppError("CONFLICT", { message: "This reset does not wait for an approval." });
    case "VOID":
      return new AppError("CONFLICT", {
        message: "The admin who requested this reset is no longer an admin. Request it again.",
      });
    case "NOT_INDEPENDENT":
      return new AppError("FORBIDDEN", {
        reason: "APPROVER_NOT_INDEPENDENT",
        message:
          "Another admin must approve, who has been an admin for at least 7 days. Neither of you may have admitted the other or made the other an admin.",
      });
    default:
      return assertNever(refusal);
  }
};
