CREATE TABLE "registrations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"email" text NOT NULL,
	"email_canonical" text NOT NULL,
	"username" text,
	"name" text,
	"locale" text NOT NULL,
	"password_hash" text,
	"status" text NOT NULL,
	"requested_at" timestamp (3) with time zone NOT NULL,
	"decided_at" timestamp (3) with time zone,
	"decided_by" uuid,
	"reason" text
);
--> statement-breakpoint
CREATE TABLE "sap_connections" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"base_url" text NOT NULL,
	"credentials" text NOT NULL,
	"reachable" boolean NOT NULL,
	"checked_at" timestamp (3) with time zone NOT NULL,
	"services" text[] NOT NULL
);
--> statement-breakpoint
ALTER TABLE "registrations" ADD CONSTRAINT "registrations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sap_connections" ADD CONSTRAINT "sap_connections_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "registrations_tenant_newest" ON "registrations" USING btree ("tenant_id","status","id");--> statement-breakpoint
CREATE INDEX "registrations_waiting" ON "registrations" USING btree ("email_canonical") WHERE "registrations"."status" = 'PENDING';--> statement-breakpoint
CREATE INDEX "sap_connections_checked" ON "sap_connections" USING btree ("checked_at");