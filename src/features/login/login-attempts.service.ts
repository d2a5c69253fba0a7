import type { Db } from "../../platform/database/database.ts";
import { ipAddressFaults, normalizeIpAddress } from "../../platform/ip-address.ts";
import { badInput } from "../../shared/errors.ts";
import { type LoginAttemptId, parseId } from "../../shared/ids.ts";
import { type Page, type PageRequest, toPage, toSlice } from "../../shared/paging.ts";
import type { Viewer } from "../../shared/viewer.ts";
import { maySee, tenantScope } from "../../shared/visibility.ts";
import type { UsersService } from "../users/index.ts";
import type { LoginOutcome } from "./login.policy.ts";
import { findLoginAttempt, type LoginAttempt, listLoginAttempts } from "./login-attempts.repository.ts";

export type { LoginAttempt };

export interface LoginAttemptCriteria {
  readonly userId?: string | null | undefined;
  readonly outcome?: LoginOutcome | null | undefined;
  readonly ipAddress?: string | null | undefined;
}

interface LoginAttemptsDeps {
  readonly db: Db;
  readonly users: Pick<UsersService, "getVisible">;
}

/** Reads who tried to log in, for the admins of a tenant and for operators. */
export class LoginAttemptsService {
  readonly #db: Db;
  readonly #users: LoginAttemptsDeps["users"];

  constructor({ db, users }: LoginAttemptsDeps) {
    this.#db = db;
    this.#users = users;
  }

  /** A page of attempts, newest first. Throws NOT_FOUND where the viewer may see no such user, BAD_USER_INPUT. */
  async list(
    viewer: Viewer,
    { userId, outcome, ipAddress }: LoginAttemptCriteria,
    page: PageRequest,
  ): Promise<Page<LoginAttempt>> {
    const faults = ipAddress != null ? ipAddressFaults(ipAddress, "filter.ipAddress") : [];
    if (faults.length > 0) throw badInput(...faults);
    const slice = toSlice(page);
    const user = userId != null ? await this.#users.getVisible(viewer, userId) : null;
    const query = {
      scope: tenantScope(viewer),
      userId: user?.id ?? null,
      outcome: outcome ?? null,
      ipAddress: ipAddress == null ? null : normalizeIpAddress(ipAddress),
    };
    return toPage(await listLoginAttempts(this.#db, query, slice), slice);
  }

  /** The attempt with this id where the viewer may see it; else null. */
  async findVisible(viewer: Viewer, id: string): Promise<LoginAttempt | null> {
    const attemptId = parseId<LoginAttemptId>(id);
    const attempt = attemptId && (await findLoginAttempt(this.#db, tenantScope(viewer), attemptId));
    return attempt && maySee(viewer, attempt) ? attempt : null;
  }
}
