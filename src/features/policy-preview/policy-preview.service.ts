import {
  type PolicyUpdate,
  policyOf,
  type SecurityPolicy,
  type Tenant,
  updatePolicy,
  validatePolicy,
} from "#features/tenants/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { together } from "#platform/database/together";
import type { Limits } from "#platform/limits/limits";
import { requirePermissionIn } from "#shared/access-policy";
import { after, DAY } from "#shared/durations";
import { AppError, badInput } from "#shared/errors";
import type { Viewer } from "#shared/viewer";
import { effectOf, MAX_LOGINS, type PolicyEffect, PREVIEW_DAYS } from "./policy-effects.ts";
import {
  countGuestsWithoutFactor,
  countLogins,
  countPasswordChanges,
  countRegistrations,
  countUsersBySessions,
  countUsersWithoutFactor,
  limitStatementTime,
} from "./policy-preview.repository.ts";

/** Previews of one user per minute. */
const MAX_PREVIEWS = 30;

export interface PolicyPreview {
  /** The start of the period; later if there were more logins than are assessed. */
  readonly since: Date;
  readonly until: Date;
  readonly policy: SecurityPolicy;
  readonly isSampled: boolean;
  readonly assessedLogins: number;
  readonly passwordChanges: number;
  readonly registrations: number;
  readonly current: PolicyEffect;
  readonly proposed: PolicyEffect;
}

interface PolicyPreviewDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "consume">;
}

/** Shows the effect of a policy before it applies. */
export class PolicyPreviews {
  constructor(private readonly deps: PolicyPreviewDeps) {}

  /**
   * Compares the tenant's policy with the changed one, on the activity of the last 30 days and the current users and sessions.
   * @throws {AppError} FORBIDDEN/MISSING_PERMISSION, BAD_USER_INPUT with each fault, RATE_LIMITED; SERVICE_UNAVAILABLE if the
   * statements take too long
   */
  async of(viewer: Viewer, tenant: Tenant, update: PolicyUpdate): Promise<PolicyPreview> {
    requirePermissionIn(viewer, tenant.id, "policy:edit");
    const current = policyOf(tenant);
    const faults = validatePolicy(current, update, "policy");
    if (faults.length > 0) throw badInput(...faults);
    await this.#count(viewer);
    const { clock, db } = this.deps;
    const until = clock.now();
    const since = after(until, -PREVIEW_DAYS * DAY);
    const [, logins, usersWithoutFactor, guestsWithoutFactor, sessions, passwordChanges, registrations] =
      await db.transaction((tx) =>
        together(
          limitStatementTime(tx),
          countLogins(tx, tenant.id, { since, limit: MAX_LOGINS }),
          countUsersWithoutFactor(tx, tenant.id),
          countGuestsWithoutFactor(tx, tenant.id),
          countUsersBySessions(tx, tenant.id, until),
          countPasswordChanges(tx, tenant.id, since),
          countRegistrations(tx, tenant.id, since),
        ),
      );
    const facts = { logins: logins.groups, usersWithoutFactor, guestsWithoutFactor, sessions };
    const policy = updatePolicy(current, update);
    const isSampled = logins.total >= MAX_LOGINS;
    return {
      since: isSampled ? (logins.since ?? since) : since,
      until,
      policy,
      isSampled,
      assessedLogins: logins.groups.reduce((total, { count }) => total + count, 0),
      passwordChanges,
      registrations,
      current: effectOf(current, facts),
      proposed: effectOf(policy, facts),
    };
  }

  async #count({ userId }: Viewer): Promise<void> {
    const limit = { key: `policy-preview:${userId}`, limit: MAX_PREVIEWS, window: 60 };
    const { exceeded, retryAfter } = await this.deps.limits.consume(this.deps.db, [limit]);
    if (exceeded) throw new AppError("RATE_LIMITED", { retryAfter });
  }
}
