import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofUser } from "#features/users/users.table";
import { jsonb, timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { DeviceDescription, GeoLocation } from "#shared/client-info";
import { AUTHENTICATION_METHODS, FACTORS } from "#shared/factors";
import type { ChallengeId, SessionId, SocialAccountId } from "#shared/ids";
import type { RiskAssessment } from "#shared/risk";
import { CHALLENGE_REASONS, type PendingLink, type TokenDelivery } from "./challenges.policy.ts";

/** Unfinished logins, each valid for one session. The token is derived from the row's id, so no secret is stored in plain text. */
export const loginChallenges = pgTable(
  "login_challenges",
  {
    id: uuid("id").$type<ChallengeId>().primaryKey(),
    ...ofUser(),
    /** Why a second factor is required; null if the login waits for confirmation by mail. */
    reason: text("reason", { enum: CHALLENGE_REASONS }),
    /** The factors that can complete it, the preferred one first; empty if it waits for confirmation. */
    factors: text("factors", { enum: FACTORS }).array().notNull(),
    /** The authentication methods completed so far. */
    methods: text("methods", { enum: AUTHENTICATION_METHODS }).array().notNull(),
    /** The provider account used; denying the login unlinks it. No foreign key, because the table belongs to a later feature. */
    socialAccountId: uuid("social_account_id").$type<SocialAccountId>(),
    /** Set if `socialAccountId` is not linked yet: completing the login links it. */
    pendingLink: jsonb<PendingLink>("pending_link"),
    /** The session that created the credential used. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    /** The identifier as entered, for the log of attempts. */
    identifier: text("identifier").notNull(),
    /** The device as described by the client that started the login. */
    device: jsonb<DeviceDescription>("device").notNull(),
    /** Which of the user's devices it is, and its token; encrypted. */
    deviceToken: text("device_token").notNull(),
    delivery: jsonb<TokenDelivery>("delivery").notNull(),
    /** Where the login was started: for the mail, and for the record when it is completed. */
    ipAddress: text("ip_address"),
    location: jsonb<GeoLocation>("location"),
    risk: jsonb<RiskAssessment>("risk"),
    confirmedAt: timestamptz("confirmed_at"),
    deniedAt: timestamptz("denied_at"),
    createdAt: timestamptz("created_at").notNull(),
    expiresAt: timestamptz("expires_at").notNull(),
    usedAt: timestamptz("used_at"),
  },
  (table) => [
    ...valueChecks(table),
    index("login_challenges_user_id_idx").on(table.userId),
    index("login_challenges_expires_at_idx").on(table.expiresAt),
    index("login_challenges_tenant_id_idx").on(table.tenantId),
  ],
);
