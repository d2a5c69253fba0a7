import type { UsersService } from "#features/users/index";
import { listChildPages } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { normalizeIpAddress, validateIpAddress } from "#platform/ip-address";
import { canView, lookupScope, type TenantScope, tenantScope } from "#shared/access-policy";
import { badInput } from "#shared/errors";
import { type LoginAttemptId, parseId, requireId, type TenantId, type UserId } from "#shared/ids";
import { ALWAYS, type Page, type PageRequest, type PagesOf, type Period, toPage, toSlice } from "#shared/paging";
import type { RiskLevel } from "#shared/risk";
import type { Viewer } from "#shared/viewer";
import type { LoginOutcome } from "../flow/login.policy.ts";
import {
  countLoginAttempts,
  findLoginAttempt,
  type LoginAttempt,
  listLoginAttempts,
  loginAttemptsOf,
} from "./login-attempts.repository.ts";

export type { LoginAttempt };

export interface LoginAttemptCriteria {
  readonly userId?: string | null | undefined;
  readonly outcome?: LoginOutcome | null | undefined;
  readonly riskLevel?: RiskLevel | null | undefined;
  readonly ipAddress?: string | null | undefined;
  readonly occurredAt?: Period | null | undefined;
}

interface Scoped {
  readonly scope: TenantScope;
}

interface LoginAttemptsDeps {
  readonly db: Db;
  readonly users: Pick<UsersService, "getVisible">;
}

/** Reads login attempts, for the admins of a tenant and for operators. */
export class LoginAttemptsService {
  constructor(private readonly deps: LoginAttemptsDeps) {}

  /** A page of attempts, newest first. @throws {AppError} NOT_FOUND if the viewer cannot see the user, BAD_USER_INPUT */
  async list(viewer: Viewer, criteria: LoginAttemptCriteria, page: PageRequest): Promise<Page<LoginAttempt>> {
    const wanted = queryOf(criteria);
    const slice = toSlice(page);
    const user = criteria.userId != null ? await this.deps.users.getVisible(viewer, criteria.userId) : null;
    const query = { ...wanted, scope: tenantScope(viewer), userId: user?.id ?? null };
    const { db } = this.deps;
    return toPage(await listLoginAttempts(db, query, slice), slice, () => countLoginAttempts(db, query));
  }

  /** Pages of the attempts on users within the scope, newest first. @throws {AppError} BAD_USER_INPUT */
  readonly pagesOfUsers: PagesOf<LoginAttemptCriteria & Scoped, UserId, LoginAttempt> =
    ({ filter: { scope, ...criteria }, page }) =>
    async (userIds) => {
      const attempts = loginAttemptsOf(this.deps.db, "userId", { ...queryOf(criteria), scope, userId: null });
      return listChildPages(this.deps.db, userIds, attempts, toSlice(page));
    };

  /** Pages of the attempts in tenants, newest first. @throws {AppError} BAD_USER_INPUT */
  readonly pagesOfTenants: PagesOf<LoginAttemptCriteria, TenantId, LoginAttempt> =
    ({ filter: { userId, ...criteria }, page }) =>
    async (tenantIds) => {
      const user = userId == null ? null : requireId<UserId>(userId);
      const attempts = loginAttemptsOf(this.deps.db, "tenantId", { ...queryOf(criteria), scope: "ALL", userId: user });
      return listChildPages(this.deps.db, tenantIds, attempts, toSlice(page));
    };

  /** The attempt with this id if the viewer may see it; else null. */
  async findVisible(viewer: Viewer, id: string): Promise<LoginAttempt | null> {
    const attemptId = parseId<LoginAttemptId>(id);
    const attempt = attemptId && (await findLoginAttempt(this.deps.db, lookupScope(viewer), attemptId));
    return attempt && canView(viewer, attempt, "audit:read") ? attempt : null;
  }
}

/** @throws {AppError} BAD_USER_INPUT */
const queryOf = ({ outcome, riskLevel, ipAddress, occurredAt }: LoginAttemptCriteria) => {
  const faults = ipAddress != null ? validateIpAddress(ipAddress, "filter.ipAddress") : [];
  if (faults.length > 0) throw badInput(...faults);
  return {
    outcome: outcome ?? null,
    riskLevel: riskLevel ?? null,
    ipAddress: ipAddress == null ? null : normalizeIpAddress(ipAddress),
    occurredAt: occurredAt ?? ALWAYS,
  };
};
