import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofUser } from "#features/users/users.table";
import { instant, json } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { DeviceDescription, Place } from "#shared/client";
import { AUTHENTICATION_METHODS, FACTORS } from "#shared/factors";
import type { ChallengeId, SessionId, SocialAccountId } from "#shared/ids";
import type { RiskAssessment } from "#shared/risk";
import { CHALLENGE_REASONS, type Delivery, type PendingLink } from "./challenges.policy.ts";

/** Unfinished logins, each good for one session. Its token is derived from the row's id: nothing secret lies here unsealed. */
export const loginChallenges = pgTable(
  "login_challenges",
  {
    id: uuid("id").$type<ChallengeId>().primaryKey(),
    ...ofUser(),
    /** Why a second factor is asked for; null where the login waits for its user to confirm it by mail. */
    reason: text("reason", { enum: CHALLENGE_REASONS }),
    /** What finishes it, the one to offer first in front; none where it waits to be confirmed. */
    factors: text("factors", { enum: FACTORS }).array().notNull(),
    /** What was proved before it was asked for. */
    methods: text("methods", { enum: AUTHENTICATION_METHODS }).array().notNull(),
    /** The account at a provider by which it began: whoever denies the login takes that away. No foreign key: a later feature's. */
    socialAccountId: uuid("social_account_id").$type<SocialAccountId>(),
    /** Set if `socialAccountId` is not linked yet: the end of the login links it. */
    pendingLink: json<PendingLink>("pending_link"),
    /** The session that created the credential by which it began. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    /** Whom the login named, for the record of attempts. */
    identifier: text("identifier").notNull(),
    /** The device as the client that began named it. */
    device: json<DeviceDescription>("device").notNull(),
    /** Which of the user's devices it is, with its token: encrypted. */
    deviceToken: text("device_token").notNull(),
    delivery: json<Delivery>("delivery").notNull(),
    /** Where the login began, for the mail and for what is recorded when it ends. */
    ipAddress: text("ip_address"),
    location: json<Place>("location"),
    risk: json<RiskAssessment>("risk"),
    confirmedAt: instant("confirmed_at"),
    deniedAt: instant("denied_at"),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
  },
  (table) => [
    ...valueChecks(table),
    index("login_challenges_user_id_idx").on(table.userId),
    index("login_challenges_expires_at_idx").on(table.expiresAt),
    index("login_challenges_tenant_id_idx").on(table.tenantId),
  ],
);
