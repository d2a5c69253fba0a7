CREATE TABLE "forgotten_devices" (
	"user_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"first_seen_at" timestamp (3) with time zone NOT NULL,
	"forgotten_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "forgotten_devices_user_id_token_hash_pk" PRIMARY KEY("user_id","token_hash")
);--> statement-breakpoint
CREATE TABLE "factor_resets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"origin" text NOT NULL,
	"requested_by" uuid,
	"requested_at" timestamp (3) with time zone NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"told_at" timestamp (3) with time zone NOT NULL,
	"cancelled_at" timestamp (3) with time zone,
	"done_at" timestamp (3) with time zone
);--> statement-breakpoint
CREATE TABLE "former_passwords" (
	"user_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"hash" text NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL,
	"replaced_at" timestamp (3) with time zone NOT NULL
);--> statement-breakpoint
ALTER TABLE "login_challenges" ADD COLUMN "created_by_session" uuid;--> statement-breakpoint
ALTER TABLE "devices" ADD COLUMN "created_by_session" uuid;--> statement-breakpoint
ALTER TABLE "backup_codes" ADD COLUMN "created_by_session" uuid;--> statement-breakpoint
ALTER TABLE "passkeys" ADD COLUMN "created_by_session" uuid;--> statement-breakpoint
ALTER TABLE "totp_secrets" ADD COLUMN "created_by_session" uuid;--> statement-breakpoint
ALTER TABLE "totp_secrets" ADD COLUMN "pending_by_session" uuid;--> statement-breakpoint
ALTER TABLE "totp_secrets" ADD COLUMN "pending_epoch" integer;--> statement-breakpoint
ALTER TABLE "passwords" ADD COLUMN "set_by_mail_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "passwords" ADD COLUMN "created_by_session" uuid;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "elevation_epoch" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "enrolment_ticket_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "enrolment_only" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "failed_proofs" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "created_by_session" uuid;--> statement-breakpoint
ALTER TABLE "social_accounts" ADD COLUMN "created_by_session" uuid;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "must_enrol" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "forgotten_devices" ADD CONSTRAINT "forgotten_devices_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "forgotten_devices" ADD CONSTRAINT "forgotten_devices_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "factor_resets" ADD CONSTRAINT "factor_resets_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "factor_resets" ADD CONSTRAINT "factor_resets_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "former_passwords" ADD CONSTRAINT "former_passwords_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "former_passwords" ADD CONSTRAINT "former_passwords_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "forgotten_devices_age" ON "forgotten_devices" USING btree ("forgotten_at");--> statement-breakpoint
CREATE INDEX "forgotten_devices_tenant" ON "forgotten_devices" USING btree ("tenant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "factor_resets_pending" ON "factor_resets" USING btree ("user_id") WHERE "factor_resets"."cancelled_at" is null and "factor_resets"."done_at" is null;--> statement-breakpoint
CREATE INDEX "factor_resets_user" ON "factor_resets" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "factor_resets_tenant" ON "factor_resets" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "former_passwords_user" ON "former_passwords" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "former_passwords_age" ON "former_passwords" USING btree ("replaced_at");--> statement-breakpoint
CREATE INDEX "former_passwords_tenant" ON "former_passwords" USING btree ("tenant_id");
