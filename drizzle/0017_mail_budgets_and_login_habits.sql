CREATE TABLE "login_habits" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"folded_until" timestamp (3) with time zone NOT NULL,
	"successes" integer NOT NULL,
	"last_success_at" timestamp (3) with time zone NOT NULL,
	"hours" integer NOT NULL,
	"places" jsonb NOT NULL
);--> statement-breakpoint
CREATE TABLE "denied_networks" (
	"tenant_id" uuid NOT NULL,
	"network" text NOT NULL,
	"denied_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "denied_networks_tenant_id_network_pk" PRIMARY KEY("tenant_id","network")
);--> statement-breakpoint
CREATE TABLE "held_notices" (
	"recipient" text NOT NULL,
	"template" text NOT NULL,
	"locale" text NOT NULL,
	"count" integer NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "held_notices_recipient_template_pk" PRIMARY KEY("recipient","template")
);--> statement-breakpoint
ALTER TABLE "login_habits" ADD CONSTRAINT "login_habits_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "login_habits" ADD CONSTRAINT "login_habits_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "denied_networks" ADD CONSTRAINT "denied_networks_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "login_habits_tenant" ON "login_habits" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "denied_networks_age" ON "denied_networks" USING btree ("denied_at");
