CREATE TABLE "security_events" (
	"id" uuid NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid,
	"type" text NOT NULL,
	"ip_address" text,
	"device" jsonb,
	"location" jsonb,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "security_events_id_occurred_at_pk" PRIMARY KEY("id","occurred_at")
) PARTITION BY RANGE ("occurred_at");
--> statement-breakpoint
CREATE TABLE "devices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"description" jsonb NOT NULL,
	"trusted_at" timestamp (3) with time zone,
	"first_seen_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone NOT NULL,
	"login_count" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "devices_user_token_unique" UNIQUE("user_id","token_hash")
);
--> statement-breakpoint
CREATE TABLE "links" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"payload" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "login_attempts" (
	"id" uuid NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"tenant_id" uuid,
	"user_id" uuid,
	"identifier" text NOT NULL,
	"outcome" text NOT NULL,
	"risk" jsonb NOT NULL,
	"ip_address" text NOT NULL,
	"device" jsonb NOT NULL,
	"location" jsonb,
	CONSTRAINT "login_attempts_id_occurred_at_pk" PRIMARY KEY("id","occurred_at")
) PARTITION BY RANGE ("occurred_at");
--> statement-breakpoint
CREATE TABLE "passwords" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"hash" text NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"device_id" uuid,
	"device" jsonb NOT NULL,
	"ip_address" text NOT NULL,
	"location" jsonb,
	"authenticated_with" text[] NOT NULL,
	"authenticated_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_activity_at" timestamp (3) with time zone NOT NULL,
	"refresh_generation" integer DEFAULT 1 NOT NULL,
	"refresh_nonce" "bytea" NOT NULL,
	"refreshed_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"end_reason" text
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'ACTIVE' NOT NULL,
	"registration" text DEFAULT 'OPEN' NOT NULL,
	"max_sessions" integer DEFAULT 2,
	"password_change_ends" text DEFAULT 'NONE' NOT NULL,
	"password_min_length" integer DEFAULT 8 NOT NULL,
	"require_second_factor" boolean DEFAULT false NOT NULL,
	"confirm_login_at_risk" integer DEFAULT 40 NOT NULL,
	"second_factor_at_risk" integer DEFAULT 70 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "tenants_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"algorithm" text NOT NULL,
	"public_jwk" jsonb,
	"encrypted_private_jwk" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"active_from" timestamp (3) with time zone NOT NULL,
	"retires_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"email" text NOT NULL,
	"email_canonical" text NOT NULL,
	"email_verified" boolean DEFAULT false NOT NULL,
	"username" text,
	"username_canonical" text,
	"name" text,
	"locale" text DEFAULT 'en' NOT NULL,
	"status" text NOT NULL,
	"roles" text[] DEFAULT '{"USER"}' NOT NULL,
	"password_reset_required" boolean DEFAULT false NOT NULL,
	"last_login_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "users_email_unique" UNIQUE("email_canonical"),
	CONSTRAINT "users_username_unique" UNIQUE("username_canonical")
);
--> statement-breakpoint
CREATE TABLE "rate_limits" (
	"key" text PRIMARY KEY NOT NULL,
	"used" integer NOT NULL,
	"window_ends_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cache_epochs" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"epoch" uuid NOT NULL
);
--> statement-breakpoint
ALTER TABLE "devices" ADD CONSTRAINT "devices_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "devices" ADD CONSTRAINT "devices_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "links" ADD CONSTRAINT "links_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "links" ADD CONSTRAINT "links_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passwords" ADD CONSTRAINT "passwords_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passwords" ADD CONSTRAINT "passwords_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_device_id_devices_id_fk" FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "security_events_user_newest" ON "security_events" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "security_events_tenant_newest" ON "security_events" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "devices_tenant" ON "devices" USING btree ("tenant_id","user_id");--> statement-breakpoint
CREATE INDEX "links_user" ON "links" USING btree ("user_id","purpose");--> statement-breakpoint
CREATE INDEX "links_expiry" ON "links" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "links_tenant" ON "links" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "login_attempts_user_newest" ON "login_attempts" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "login_attempts_tenant_newest" ON "login_attempts" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "login_attempts_tenant_address" ON "login_attempts" USING btree ("tenant_id","ip_address","id");--> statement-breakpoint
CREATE INDEX "passwords_tenant" ON "passwords" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "sessions_user_newest" ON "sessions" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "sessions_tenant_newest" ON "sessions" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "sessions_tenant_address" ON "sessions" USING btree ("tenant_id","ip_address","id");--> statement-breakpoint
CREATE INDEX "sessions_device" ON "sessions" USING btree ("device_id");--> statement-breakpoint
CREATE INDEX "sessions_live_oldest" ON "sessions" USING btree ("created_at") WHERE "sessions"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "sessions_ended" ON "sessions" USING btree ("ended_at") WHERE "sessions"."ended_at" is not null;--> statement-breakpoint
CREATE INDEX "users_tenant_newest" ON "users" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "users_search_email" ON "users" USING btree ("tenant_id","email_canonical" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "users_search_username" ON "users" USING btree ("tenant_id","username_canonical" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "users_search_name" ON "users" USING btree ("tenant_id",lower("name") text_pattern_ops);--> statement-breakpoint
CREATE INDEX "rate_limits_expiry" ON "rate_limits" USING btree ("window_ends_at");--> statement-breakpoint
-- Rows outside every month that has a partition still have a place.
CREATE TABLE "security_events_default" PARTITION OF "security_events" DEFAULT;--> statement-breakpoint
CREATE TABLE "login_attempts_default" PARTITION OF "login_attempts" DEFAULT;--> statement-breakpoint
-- Room in each page for the row that the next refresh writes.
ALTER TABLE "sessions" SET (fillfactor = 80);--> statement-breakpoint
-- A fresh installation has one tenant.
INSERT INTO "tenants" ("id", "slug", "name", "created_at") VALUES (gen_random_uuid(), 'default', 'Default', now());--> statement-breakpoint
INSERT INTO "cache_epochs" ("epoch") VALUES (gen_random_uuid());
