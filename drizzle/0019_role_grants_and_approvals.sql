CREATE TABLE "role_grants" (
	"user_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"role" text NOT NULL,
	"granted_by" uuid,
	"granted_by_session" uuid,
	"granted_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "role_grants_user_id_role_granted_at_pk" PRIMARY KEY("user_id","role","granted_at")
);--> statement-breakpoint
ALTER TABLE "factor_resets" ADD COLUMN "approved_by" uuid;--> statement-breakpoint
-- lint-allow: it finds the few admins and their history by index, locks no row of theirs, and fills a new table.
-- Where the roles of today's admins and operators come from, as far as the security history of theirs, and of those before them, tells.
-- A role of which it says nothing counts as given at the beginning, by nobody with an account.
INSERT INTO "role_grants" ("user_id", "tenant_id", "role", "granted_by", "granted_at")
WITH RECURSIVE "told" AS NOT MATERIALIZED (
	SELECT "user_id", "tenant_id", "type", "occurred_at", "details",
		CASE "type" WHEN 'USER_REGISTERED' THEN coalesce("details"->>'invitedBy', "details"->>'by') ELSE "details"->>'by' END::uuid AS "granter"
	FROM "security_events" WHERE "type" IN ('USER_REGISTERED', 'ROLES_CHANGED')
), "known" ("id") AS (
	(SELECT "id" FROM "users" WHERE "roles" @> '{ADMIN}' UNION SELECT "id" FROM "users" WHERE "roles" @> '{OPERATOR}')
	UNION
	SELECT "told"."granter" FROM "known" JOIN "told" ON "told"."user_id" = "known"."id" WHERE "told"."granter" IS NOT NULL
), "granted" AS (
	SELECT "user_id", "tenant_id", 'USER' AS "role", "granter", "occurred_at" FROM "known" JOIN "told" ON "told"."user_id" = "known"."id"
	WHERE "type" = 'USER_REGISTERED' AND "granter" IS NOT NULL
	UNION ALL
	SELECT "user_id", "tenant_id", "role", "granter", "occurred_at" FROM "known" JOIN "told" ON "told"."user_id" = "known"."id"
	CROSS JOIN LATERAL jsonb_array_elements_text("details"->'to') AS "gained" ("role")
	WHERE "type" = 'ROLES_CHANGED' AND "role" IN ('ADMIN', 'OPERATOR') AND NOT "details"->'from' @> to_jsonb("role")
)
SELECT "user_id", "tenant_id", "role", "granter", "occurred_at" FROM "granted"
UNION ALL
SELECT "users"."id", "users"."tenant_id", "role",
	(SELECT "granter" FROM "told" WHERE "told"."user_id" = "users"."id" AND "type" = 'USER_REGISTERED' LIMIT 1), "users"."created_at"
FROM "users" CROSS JOIN LATERAL unnest("users"."roles") AS "held" ("role")
WHERE ("users"."roles" @> '{ADMIN}' OR "users"."roles" @> '{OPERATOR}') AND "role" IN ('ADMIN', 'OPERATOR')
	AND NOT EXISTS (SELECT FROM "granted" WHERE "granted"."user_id" = "users"."id" AND "granted"."role" = "held"."role")
ON CONFLICT DO NOTHING;
