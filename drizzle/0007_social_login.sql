CREATE TABLE "social_accounts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"email" text,
	"linked_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	CONSTRAINT "social_accounts_subject_unique" UNIQUE("issuer","subject"),
	CONSTRAINT "social_accounts_provider_unique" UNIQUE("user_id","provider")
);
--> statement-breakpoint
CREATE TABLE "social_logins" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"state_hash" "bytea" NOT NULL,
	"binding_hash" "bytea" NOT NULL,
	"secrets" text NOT NULL,
	"redirect_uri" text NOT NULL,
	"transport" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	CONSTRAINT "social_logins_state_unique" UNIQUE("state_hash")
);
--> statement-breakpoint
ALTER TABLE "login_challenges" ADD COLUMN "social_account_id" uuid;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "social_account_id" uuid;--> statement-breakpoint
ALTER TABLE "social_accounts" ADD CONSTRAINT "social_accounts_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "social_accounts" ADD CONSTRAINT "social_accounts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "social_logins" ADD CONSTRAINT "social_logins_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "social_accounts_tenant" ON "social_accounts" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "social_logins_expiry" ON "social_logins" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "social_logins_tenant" ON "social_logins" USING btree ("tenant_id");