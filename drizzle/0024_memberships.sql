CREATE TABLE "membership_roles" (
	"membership_id" uuid NOT NULL,
	"role_id" uuid NOT NULL,
	CONSTRAINT "membership_roles_pkey" PRIMARY KEY("membership_id","role_id")
);--> statement-breakpoint
CREATE TABLE "memberships" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"status" text DEFAULT 'ACTIVE' NOT NULL,
	"joined_at" timestamp (3) with time zone NOT NULL,
	"invited_by" uuid,
	CONSTRAINT "memberships_user_id_tenant_id_key" UNIQUE("user_id","tenant_id"),
	CONSTRAINT "memberships_status_check" CHECK ("status" in ('ACTIVE', 'SUSPENDED'))
);--> statement-breakpoint
CREATE TABLE "roles" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"permissions" text[] DEFAULT '{}' NOT NULL,
	"built_in" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "roles_built_in_check" CHECK ("built_in" in ('MEMBER', 'ADMIN'))
);--> statement-breakpoint
CREATE TABLE "tenant_domains" (
	"domain" text PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"recorded_at" timestamp (3) with time zone NOT NULL
);--> statement-breakpoint
ALTER TABLE "security_events" DROP CONSTRAINT "security_events_type_check";--> statement-breakpoint
ALTER TABLE "invitations" ADD COLUMN "role_ids" uuid[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "is_operator" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "membership_roles" ADD CONSTRAINT "membership_roles_membership_id_memberships_id_fk" FOREIGN KEY ("membership_id") REFERENCES "public"."memberships"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "membership_roles" ADD CONSTRAINT "membership_roles_role_id_roles_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."roles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "roles" ADD CONSTRAINT "roles_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenant_domains" ADD CONSTRAINT "tenant_domains_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "membership_roles_role_id_membership_id_idx" ON "membership_roles" USING btree ("role_id","membership_id");--> statement-breakpoint
CREATE INDEX "memberships_tenant_id_id_idx" ON "memberships" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "roles_tenant_id_name_lower_key" ON "roles" USING btree ("tenant_id",lower("name"));--> statement-breakpoint
CREATE UNIQUE INDEX "roles_tenant_id_built_in_key" ON "roles" USING btree ("tenant_id","built_in");--> statement-breakpoint
CREATE INDEX "tenant_domains_tenant_id_idx" ON "tenant_domains" USING btree ("tenant_id");--> statement-breakpoint
ALTER TABLE "security_events" ADD CONSTRAINT "security_events_type_check" CHECK ("type" in ('REGISTRATION_REQUESTED', 'REGISTRATION_REJECTED', 'USER_INVITED', 'INVITATION_REVOKED', 'USER_REGISTERED', 'EMAIL_VERIFIED', 'LOGIN_SUCCEEDED', 'LOGIN_FAILED', 'LOGIN_LOCKED', 'LOGIN_CONFIRMED', 'LOGIN_DENIED', 'NEW_DEVICE', 'MFA_ENABLED', 'MFA_DISABLED', 'MFA_VERIFY_SUCCESS', 'MFA_VERIFY_FAILED', 'MFA_LOCKED', 'BACKUP_CODE_USED', 'BACKUP_CODES_RENEWED', 'PASSKEY_ADDED', 'PASSKEY_REMOVED', 'STEP_UP_FAILED', 'FACTOR_RESET', 'CHANGE_SUSPENDED', 'SUSPENDED_CHANGE_CONFIRMED', 'SUSPENDED_CHANGE_REMOVED', 'SESSION_ENDED', 'TOKEN_REUSED', 'REFRESH_FROM_ELSEWHERE', 'REFRESH_ANSWER_LOST', 'REFRESH_AHEAD_OF_DATABASE', 'PASSWORD_CHANGED', 'PASSWORD_RESET_REQUESTED', 'PASSWORD_RESET', 'USERNAME_CHANGED', 'EMAIL_CHANGED', 'SOCIAL_LINKED', 'SOCIAL_UNLINKED', 'ROLES_CHANGED', 'MEMBERSHIP_ADDED', 'MEMBERSHIP_CHANGED', 'MEMBERSHIP_REMOVED', 'ROLE_CREATED', 'ROLE_UPDATED', 'ROLE_DELETED', 'USER_SUSPENDED', 'USER_REACTIVATED', 'ACCOUNT_DELETED', 'POLICY_CHANGED', 'SAP_CONNECTION_CHANGED', 'TENANT_ONBOARDED', 'TENANT_SUSPENDED', 'TENANT_REACTIVATED')) NOT VALID;--> statement-breakpoint
ALTER TABLE "security_events" VALIDATE CONSTRAINT "security_events_type_check";--> statement-breakpoint
-- lint-allow: it creates a function and reads no table. UUIDs of version 7, so that memberships are listed in the order in which they began.
CREATE FUNCTION "uuid_at"("at" timestamp with time zone) RETURNS uuid LANGUAGE sql VOLATILE AS $$
	SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send(floor(extract(epoch FROM "at") * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;--> statement-breakpoint
-- lint-allow: it creates a function. The built-in roles of a new tenant, whichever version creates it.
CREATE FUNCTION "add_built_in_roles"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO "roles" ("id", "tenant_id", "name", "built_in", "created_at")
	SELECT "uuid_at"(NEW."created_at"), NEW."id", "kind", "kind", NEW."created_at" FROM unnest(ARRAY['MEMBER', 'ADMIN']) AS "kind"
	ON CONFLICT DO NOTHING;
	RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "tenants_built_in_roles" AFTER INSERT ON "tenants" FOR EACH ROW EXECUTE FUNCTION "add_built_in_roles"();--> statement-breakpoint
-- batched
INSERT INTO "roles" ("id", "tenant_id", "name", "built_in", "created_at")
SELECT "uuid_at"("tenants"."created_at"), "tenants"."id", "kind", "kind", "tenants"."created_at"
FROM "tenants" CROSS JOIN unnest(ARRAY['MEMBER', 'ADMIN']) AS "kind"
WHERE NOT EXISTS (SELECT FROM "roles" WHERE "roles"."tenant_id" = "tenants"."id" AND "roles"."built_in" = "kind") LIMIT 1000
ON CONFLICT DO NOTHING;--> statement-breakpoint
-- lint-allow: it creates a function. The home membership of one user, with the roles that users.roles names.
CREATE FUNCTION "sync_home_membership"("user" "users") RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO "memberships" ("id", "tenant_id", "user_id", "joined_at")
	VALUES ("uuid_at"("user"."created_at"), "user"."tenant_id", "user"."id", "user"."created_at")
	ON CONFLICT DO NOTHING;
	INSERT INTO "membership_roles" ("membership_id", "role_id")
	SELECT "memberships"."id", "roles"."id" FROM "memberships" JOIN "roles" ON "roles"."tenant_id" = "memberships"."tenant_id"
	WHERE "memberships"."user_id" = "user"."id" AND "memberships"."tenant_id" = "user"."tenant_id"
		AND ("built_in" = 'MEMBER' OR ("built_in" = 'ADMIN' AND "user"."roles" @> '{ADMIN}'))
	ON CONFLICT DO NOTHING;
	IF NOT "user"."roles" @> '{ADMIN}' THEN
		DELETE FROM "membership_roles" USING "memberships", "roles"
		WHERE "membership_roles"."membership_id" = "memberships"."id" AND "membership_roles"."role_id" = "roles"."id"
			AND "memberships"."user_id" = "user"."id" AND "memberships"."tenant_id" = "user"."tenant_id" AND "built_in" = 'ADMIN';
	END IF;
END $$;--> statement-breakpoint
-- lint-allow: it creates a function. users.roles is what the previous version writes, users.is_operator and memberships what this one does.
CREATE FUNCTION "sync_user_operator"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND NEW."is_operator" IS DISTINCT FROM OLD."is_operator" THEN
		NEW."roles" := CASE WHEN NEW."is_operator" THEN array_append(array_remove(NEW."roles", 'OPERATOR'), 'OPERATOR') ELSE array_remove(NEW."roles", 'OPERATOR') END;
	ELSE
		NEW."is_operator" := NEW."roles" @> '{OPERATOR}' OR (TG_OP = 'INSERT' AND NEW."is_operator");
		IF NEW."is_operator" AND NOT NEW."roles" @> '{OPERATOR}' THEN NEW."roles" := array_append(NEW."roles", 'OPERATOR'); END IF;
	END IF;
	RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER "users_sync_operator" BEFORE INSERT OR UPDATE OF "roles", "is_operator" ON "users" FOR EACH ROW EXECUTE FUNCTION "sync_user_operator"();--> statement-breakpoint
-- lint-allow: it creates a function.
CREATE FUNCTION "sync_user_membership"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'INSERT' OR NEW."roles" IS DISTINCT FROM OLD."roles" THEN PERFORM "sync_home_membership"(NEW); END IF;
	RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "users_sync_membership" AFTER INSERT OR UPDATE OF "roles" ON "users" FOR EACH ROW EXECUTE FUNCTION "sync_user_membership"();--> statement-breakpoint
-- lint-allow: it creates a function. The other direction: ADMIN of the home membership, given or taken by this version. Each stops once both sides agree.
CREATE FUNCTION "sync_user_roles"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	"held" boolean := TG_OP = 'INSERT';
	"changed" "membership_roles";
BEGIN
	IF "held" THEN "changed" := NEW; ELSE "changed" := OLD; END IF;
	UPDATE "users" SET "roles" = CASE WHEN "held"
		THEN ARRAY(SELECT "role" FROM unnest(ARRAY['USER', 'ADMIN', 'OPERATOR']) AS "role" WHERE "role" = 'ADMIN' OR "users"."roles" @> ARRAY["role"])
		ELSE array_remove("users"."roles", 'ADMIN') END
	FROM "memberships", "roles"
	WHERE "memberships"."id" = "changed"."membership_id" AND "roles"."id" = "changed"."role_id" AND "built_in" = 'ADMIN'
		AND "users"."id" = "memberships"."user_id" AND "users"."tenant_id" = "memberships"."tenant_id"
		AND "users"."roles" @> '{ADMIN}' <> "held";
	RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "membership_roles_sync_user" AFTER INSERT OR DELETE ON "membership_roles" FOR EACH ROW EXECUTE FUNCTION "sync_user_roles"();--> statement-breakpoint
-- batched
WITH "missing" AS (
	SELECT "id", "tenant_id", "roles", "created_at" FROM "users"
	WHERE NOT EXISTS (SELECT FROM "memberships" WHERE "memberships"."user_id" = "users"."id" AND "memberships"."tenant_id" = "users"."tenant_id")
	ORDER BY "id" LIMIT 1000 FOR NO KEY UPDATE
), "added" AS (
	INSERT INTO "memberships" ("id", "tenant_id", "user_id", "joined_at")
	SELECT "uuid_at"("created_at"), "tenant_id", "id", "created_at" FROM "missing" ON CONFLICT DO NOTHING RETURNING "id", "user_id"
)
INSERT INTO "membership_roles" ("membership_id", "role_id")
SELECT "added"."id", "roles"."id" FROM "added" JOIN "missing" ON "missing"."id" = "added"."user_id"
JOIN "roles" ON "roles"."tenant_id" = "missing"."tenant_id" AND ("built_in" = 'MEMBER' OR ("built_in" = 'ADMIN' AND "missing"."roles" @> '{ADMIN}'))
ON CONFLICT DO NOTHING;--> statement-breakpoint
-- batched
UPDATE "users" SET "is_operator" = true WHERE "id" IN (SELECT "id" FROM "users" WHERE "roles" @> '{OPERATOR}' AND NOT "is_operator" LIMIT 1000);
--> statement-breakpoint
-- lint-allow: it creates a function. Moves a user's home to another tenant, with all rows of the user but the history, which stays where it happened.
CREATE FUNCTION "move_home"("moved" uuid, "tenant" uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE "owned" text;
BEGIN
	UPDATE "users" SET "tenant_id" = "tenant", "roles" = ARRAY(
		SELECT "role" FROM unnest(ARRAY['USER', 'ADMIN', 'OPERATOR']) AS "role" WHERE CASE "role"
			WHEN 'ADMIN' THEN EXISTS (SELECT FROM "memberships" JOIN "membership_roles" ON "membership_id" = "memberships"."id"
				JOIN "roles" ON "roles"."id" = "role_id" WHERE "memberships"."user_id" = "moved" AND "memberships"."tenant_id" = "tenant" AND "built_in" = 'ADMIN')
			ELSE "users"."roles" @> ARRAY["role"] END)
	WHERE "id" = "moved";
	FOR "owned" IN
		SELECT "c"."table_name" FROM "information_schema"."columns" "c"
		JOIN "information_schema"."columns" "t" ON "t"."table_schema" = "c"."table_schema" AND "t"."table_name" = "c"."table_name" AND "t"."column_name" = 'tenant_id'
		JOIN "pg_class" ON "pg_class"."oid" = to_regclass(quote_ident("c"."table_name")) AND "relkind" IN ('r', 'p') AND NOT "relispartition"
		WHERE "c"."table_schema" = current_schema() AND "c"."column_name" = 'user_id'
			AND "c"."table_name" NOT IN ('memberships', 'role_grants', 'security_events', 'login_attempts')
		ORDER BY "c"."table_name" <> 'sessions', "c"."table_name" <> 'devices', "c"."table_name"
	LOOP
		EXECUTE format('UPDATE %I SET tenant_id = $1 WHERE user_id = $2 AND tenant_id <> $1', "owned") USING "tenant", "moved";
	END LOOP;
END $$;
