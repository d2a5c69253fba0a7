import type { TenantId, UserId } from "../../shared/ids.ts";
import type { LinkPayload } from "../links/index.ts";
import { canonicalEmail, type NewUser, type User } from "../users/index.ts";

/** What one visitor wanted: it comes true for whoever follows the link that was mailed for it. */
export type Wish = NonNullable<LinkPayload["registration"]>;

/** The wish of somebody who chose a password. */
export type PasswordWish = Wish & { readonly passwordHash: string };

/** A user who has asked to be one, and proved nothing yet. */
export const newcomer = (
  { id, email, tenantId, createdAt }: { id: UserId; email: string; tenantId: TenantId; createdAt: Date },
  { name, locale }: Wish,
): NewUser => ({
  id,
  tenantId,
  email,
  emailCanonical: canonicalEmail(email),
  name,
  locale,
  status: "PENDING_VERIFICATION",
  createdAt,
});

/** Whether the wish is to belong to another tenant than where somebody's earlier wish has put the user. */
export const movesAway = ({ tenantId }: User, wish: Wish): boolean =>
  wish.tenantId !== undefined && wish.tenantId !== tenantId;

/**
 * The user as the wish has it. Who moves to another tenant takes nothing along that the admins of the first one have given:
 * there the address was a stranger's wish. Nor does a wish come by what an invitation gives: that is for its own link to give.
 */
export const asWished = (user: User, wish: Wish): Partial<NewUser> & Pick<User, "tenantId"> => ({
  name: wish.name,
  locale: wish.locale,
  tenantId: wish.tenantId ?? user.tenantId,
  ...((movesAway(user, wish) || user.status === "INVITED") && { roles: ["USER"], passwordResetRequired: false }),
});
