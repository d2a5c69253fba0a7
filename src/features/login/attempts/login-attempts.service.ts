import type { UsersService } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { ipAddressFaults, normalizeIpAddress } from "#platform/ip-address";
import { badInput } from "#shared/errors";
import { type LoginAttemptId, parseId } from "#shared/ids";
import { ALWAYS, type Page, type PageRequest, type Period, toPage, toSlice } from "#shared/paging";
import type { RiskLevel } from "#shared/risk";
import type { Viewer } from "#shared/viewer";
import { lookupScope, maySee, tenantScope } from "#shared/visibility";
import type { LoginOutcome } from "../flow/login.policy.ts";
import {
  countLoginAttempts,
  findLoginAttempt,
  type LoginAttempt,
  listLoginAttempts,
} from "./login-attempts.repository.ts";

export type { LoginAttempt };

export interface LoginAttemptCriteria {
  readonly userId?: string | null | undefined;
  readonly outcome?: LoginOutcome | null | undefined;
  readonly riskLevel?: RiskLevel | null | undefined;
  readonly ipAddress?: string | null | undefined;
  readonly occurredAt?: Period | null | undefined;
}

interface LoginAttemptsDeps {
  readonly db: Db;
  readonly users: Pick<UsersService, "getVisible">;
}

/** Reads who tried to log in, for the admins of a tenant and for operators. */
export class LoginAttemptsService {
  constructor(private readonly deps: LoginAttemptsDeps) {}

  /** A page of attempts, newest first. Throws NOT_FOUND where the viewer may see no such user, BAD_USER_INPUT. */
  async list(
    viewer: Viewer,
    { userId, outcome, riskLevel, ipAddress, occurredAt }: LoginAttemptCriteria,
    page: PageRequest,
  ): Promise<Page<LoginAttempt>> {
    const faults = ipAddress != null ? ipAddressFaults(ipAddress, "filter.ipAddress") : [];
    if (faults.length > 0) throw badInput(...faults);
    const slice = toSlice(page);
    const user = userId != null ? await this.deps.users.getVisible(viewer, userId) : null;
    const query = {
      scope: tenantScope(viewer),
      userId: user?.id ?? null,
      outcome: outcome ?? null,
      riskLevel: riskLevel ?? null,
      ipAddress: ipAddress == null ? null : normalizeIpAddress(ipAddress),
      occurredAt: occurredAt ?? ALWAYS,
    };
    const { db } = this.deps;
    return toPage(await listLoginAttempts(db, query, slice), slice, () => countLoginAttempts(db, query));
  }

  /** The attempt with this id where the viewer may see it; else null. */
  async findVisible(viewer: Viewer, id: string): Promise<LoginAttempt | null> {
    const attemptId = parseId<LoginAttemptId>(id);
    const attempt = attemptId && (await findLoginAttempt(this.deps.db, lookupScope(viewer), attemptId));
    return attempt && maySee(viewer, attempt, "audit:read") ? attempt : null;
  }
}
