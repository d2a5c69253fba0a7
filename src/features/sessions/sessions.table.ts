import { sql } from "drizzle-orm";
import { boolean, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { devices } from "#features/devices/devices.table";
import { ofUser } from "#features/users/users.table";
import { bytes, instant, json } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { DeviceDescription, PlaceName } from "#shared/client";
import { AUTHENTICATION_METHODS } from "#shared/factors";
import type { DeviceId, PasskeyId, SessionId, SocialAccountId } from "#shared/ids";
import type { LostAnswer, RefreshOrigin } from "./refresh.policy.ts";
import { SESSION_END_REASONS } from "./sessions.policy.ts";

/** Signed-in devices. A row is also its family of refresh tokens: the generation counts its rotations. */
export const sessions = pgTable(
  "sessions",
  {
    id: uuid("id").$type<SessionId>().primaryKey(),
    ...ofUser(),
    deviceId: uuid("device_id")
      .$type<DeviceId>()
      .references(() => devices.id, { onDelete: "set null" }),
    device: json<DeviceDescription>("device").notNull(),
    ipAddress: text("ip_address").notNull(),
    location: json<PlaceName>("location"),
    authenticatedWith: text("authenticated_with", { enum: AUTHENTICATION_METHODS }).array().notNull(),
    /** The passkey among them; what it proved ends with it. No foreign key: passkeys are a later feature's. */
    passkeyId: uuid("passkey_id").$type<PasskeyId>(),
    /** The account at a provider among them, likewise. */
    socialAccountId: uuid("social_account_id").$type<SocialAccountId>(),
    /** When a credential was last proved on this session (`auth_time`). It opens nothing: only elevated tokens do. */
    authenticatedAt: instant("authenticated_at").notNull(),
    /** How often the elevations of its access tokens were withdrawn: tokens elevated before the last time are so no more. */
    elevationEpoch: integer("elevation_epoch").notNull().default(0),
    /** Until when its enrolment ticket can be used. Null: there is none, or it was used. */
    enrolmentTicketUntil: instant("enrolment_ticket_until"),
    /** Whether its tokens open nothing but the enrolment of a second factor. */
    enrolmentOnly: boolean("enrolment_only").notNull().default(false),
    /** Whether the user's home became another tenant since the login: what the login proved was for the policy of the earlier one. */
    homeMoved: boolean("home_moved").notNull().default(false),
    /** Failed step-ups and wrong passwords in a row. */
    failedProofs: integer("failed_proofs").notNull().default(0),
    /** The session that created the credential by which this one was opened. Null: created at registration, or before this was recorded. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    createdAt: instant("created_at").notNull(),
    lastActivityAt: instant("last_activity_at").notNull(),
    refreshGeneration: integer("refresh_generation").notNull().default(1),
    /** Goes into the MAC of every refresh token of this session: the server key alone forges none. */
    refreshNonce: bytes("refresh_nonce").notNull(),
    refreshedAt: instant("refreshed_at").notNull(),
    /** Who spent the last refresh token. Null: none was spent since this is recorded. */
    refreshedBy: json<RefreshOrigin>("refreshed_by"),
    /** The newest generation of which an access token was used; recorded with the activity, a minute late at most. */
    usedGeneration: integer("used_generation").notNull().default(0),
    /** Claims of the last day that the answer to a refresh was lost. */
    lostAnswers: json<readonly LostAnswer[]>("lost_answers"),
    /** Slides with every refresh, up to `endsAt`. */
    expiresAt: instant("expires_at").notNull(),
    /** The absolute end. */
    endsAt: instant("ends_at").notNull(),
    endedAt: instant("ended_at"),
    endReason: text("end_reason", { enum: SESSION_END_REASONS }),
  },
  (table) => [
    ...valueChecks(table),
    // `endedSessionsOfUsers`, `listSessions` of a user, `listTaintedSessions`; the foreign key to users.
    index("sessions_user_id_id_idx").on(table.userId, table.id),
    // `updateSessionsBeyondLimit` at every login, `listLiveSessions`, `updateUserSessionsEnded`, however many have ended.
    index("sessions_user_id_live_idx").on(table.userId).where(sql`${table.endedAt} is null`),
    // `listSessions` of a tenant; the foreign key to tenants.
    index("sessions_tenant_id_id_idx").on(table.tenantId, table.id),
    // `listSessions` by address: in a tenant, too, for few tenants share an address.
    index("sessions_ip_address_id_idx").on(table.ipAddress, table.id),
    // `listSessions` that are live or over. Live sessions are among the newest, and those that have ended among the oldest:
    // neither is found by walking past all of the others. For a tenant's admins …
    index("sessions_tenant_id_id_live_idx").on(table.tenantId, table.id).where(sql`${table.endedAt} is null`),
    // … `listSessionsOver` …
    index("sessions_tenant_id_id_ended_idx").on(table.tenantId, table.id).where(sql`${table.endedAt} is not null`),
    // … and for operators: `listSessions`; also `updateSessionsExpired`, for the oldest ids are the oldest sessions …
    index("sessions_id_live_idx").on(table.id).where(sql`${table.endedAt} is null`),
    // … and `listSessionsOver`.
    index("sessions_id_ended_idx").on(table.id).where(sql`${table.endedAt} is not null`),
    // `deleteDevice`, `deleteDevicesUnusedSince`: the foreign key to devices sets it to null.
    index("sessions_device_id_idx").on(table.deviceId),
    // `deleteSessionsEndedBefore`. No index holds a column that a refresh writes, so that rotations stay within their page
    // (heap-only tuples; the migration leaves room for them).
    index("sessions_ended_at_ended_idx").on(table.endedAt).where(sql`${table.endedAt} is not null`),
  ],
);
