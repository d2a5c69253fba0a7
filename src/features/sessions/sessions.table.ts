import { sql } from "drizzle-orm";
import { boolean, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { devices } from "#features/devices/devices.table";
import { ofUser } from "#features/users/users.table";
import { bytea, jsonb, timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { DeviceDescription, GeoLabel } from "#shared/client-info";
import { AUTHENTICATION_METHODS } from "#shared/factors";
import type { DeviceId, PasskeyId, SessionId, SocialAccountId } from "#shared/ids";
import type { LostAnswer, RefreshOrigin } from "./refresh.policy.ts";
import { SESSION_END_REASONS } from "./sessions.policy.ts";

/** Signed-in devices. A row is also a family of refresh tokens: the generation counts its rotations. */
export const sessions = pgTable(
  "sessions",
  {
    id: uuid("id").$type<SessionId>().primaryKey(),
    ...ofUser(),
    deviceId: uuid("device_id")
      .$type<DeviceId>()
      .references(() => devices.id, { onDelete: "set null" }),
    device: jsonb<DeviceDescription>("device").notNull(),
    ipAddress: text("ip_address").notNull(),
    location: jsonb<GeoLabel>("location"),
    authenticatedWith: text("authenticated_with", { enum: AUTHENTICATION_METHODS }).array().notNull(),
    /** The passkey among the methods; its proof ends with it. No foreign key, because passkeys belong to a later feature. */
    passkeyId: uuid("passkey_id").$type<PasskeyId>(),
    /** The account at a provider among the methods, likewise. */
    socialAccountId: uuid("social_account_id").$type<SocialAccountId>(),
    /** When a credential was last verified on this session (`auth_time`). It grants nothing; only elevated tokens do. */
    authenticatedAt: timestamptz("authenticated_at").notNull(),
    /** How many times the elevations of its access tokens were revoked. Tokens with a lower epoch are no longer elevated. */
    elevationEpoch: integer("elevation_epoch").notNull().default(0),
    /** The expiry of its enrolment ticket. Null without a ticket, or once it was consumed. */
    enrolmentTicketUntil: timestamptz("enrolment_ticket_until"),
    /** Whether its tokens permit only the enrolment of a second factor. */
    enrolmentOnly: boolean("enrolment_only").notNull().default(false),
    /** Whether the user's home tenant changed since the login, which met only the policy of the previous home. */
    homeMoved: boolean("home_moved").notNull().default(false),
    /** Consecutive failed step-ups and wrong passwords. */
    failedProofs: integer("failed_proofs").notNull().default(0),
    /** The session that created this login's credential. Null if created at registration, or before this was recorded. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    createdAt: timestamptz("created_at").notNull(),
    lastActivityAt: timestamptz("last_activity_at").notNull(),
    refreshGeneration: integer("refresh_generation").notNull().default(1),
    /** Part of the MAC of every refresh token of this session, so that the server key alone cannot forge one. */
    refreshNonce: bytea("refresh_nonce").notNull(),
    refreshedAt: timestamptz("refreshed_at").notNull(),
    /** The client that rotated the last refresh token. Null if none was rotated since this is recorded. */
    refreshedBy: jsonb<RefreshOrigin>("refreshed_by"),
    /** The newest generation with a used access token; recorded with the activity, at most a minute late. */
    usedGeneration: integer("used_generation").notNull().default(0),
    /** Claims within the last day that the response to a refresh was lost. */
    lostAnswers: jsonb<readonly LostAnswer[]>("lost_answers"),
    /** Slides with every refresh, up to `endsAt`. */
    expiresAt: timestamptz("expires_at").notNull(),
    /** The end of the maximum lifetime. */
    endsAt: timestamptz("ends_at").notNull(),
    endedAt: timestamptz("ended_at"),
    endReason: text("end_reason", { enum: SESSION_END_REASONS }),
  },
  (table) => [
    ...valueChecks(table),
    // `endedSessionsOfUsers`, `listSessions` of a user, `listTaintedSessions`; the foreign key to users.
    index("sessions_user_id_id_idx").on(table.userId, table.id),
    // `updateSessionsBeyondLimit` at every login, `listLiveSessions`, `updateUserSessionsEnded`, regardless of the number of ended ones.
    index("sessions_user_id_live_idx").on(table.userId).where(sql`${table.endedAt} is null`),
    // `listSessions` of a tenant; the foreign key to tenants.
    index("sessions_tenant_id_id_idx").on(table.tenantId, table.id),
    // `listSessions` by address, also within a tenant, because few tenants share an address.
    index("sessions_ip_address_id_idx").on(table.ipAddress, table.id),
    // `listSessions` of live or ended ones. Live sessions have the newest ids and ended ones the oldest: without these
    // indexes, a scan for either would read all the others first. For a tenant's admins …
    index("sessions_tenant_id_id_live_idx").on(table.tenantId, table.id).where(sql`${table.endedAt} is null`),
    // … `listSessionsOver` …
    index("sessions_tenant_id_id_ended_idx").on(table.tenantId, table.id).where(sql`${table.endedAt} is not null`),
    // … and for operators: `listSessions`; also `updateSessionsExpired`, because the oldest ids are the oldest sessions …
    index("sessions_id_live_idx").on(table.id).where(sql`${table.endedAt} is null`),
    // … and `listSessionsOver`.
    index("sessions_id_ended_idx").on(table.id).where(sql`${table.endedAt} is not null`),
    // `deleteDevice`, `deleteDevicesUnusedSince`: the foreign key to devices sets it to null.
    index("sessions_device_id_idx").on(table.deviceId),
    // `deleteSessionsEndedBefore`. No index includes a column that a refresh writes, so that rotations stay within their page
    // (heap-only tuples; the migration reserves room for them).
    index("sessions_ended_at_ended_idx").on(table.endedAt).where(sql`${table.endedAt} is not null`),
  ],
);
