import type { TenantId, UserId } from "#shared/ids";
import type { Profile, Viewer } from "#shared/viewer";

/** The caller's user as read with their session: without the columns that no field shows, and without the last login. */
export interface OwnUser extends Profile {
  readonly id: UserId;
  readonly tenantId: TenantId;
  readonly status: "ACTIVE";
  readonly isOperator: boolean;
}

/** Null if the profile was not read with the session. Callers are active: sessions of other users are not live. */
export const ownUserOf = ({ userId: id, homeTenantId: tenantId, isOperator, profile }: Viewer): OwnUser | null =>
  profile ? { ...profile, id, tenantId, status: "ACTIVE", isOperator } : null;
