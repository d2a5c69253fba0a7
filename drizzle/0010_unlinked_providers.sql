CREATE TABLE "unlinked_providers" (
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"unlinked_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "unlinked_providers_user_id_provider_pk" PRIMARY KEY("user_id","provider")
);
--> statement-breakpoint
ALTER TABLE "unlinked_providers" ADD CONSTRAINT "unlinked_providers_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "unlinked_providers" ADD CONSTRAINT "unlinked_providers_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "unlinked_providers_tenant" ON "unlinked_providers" USING btree ("tenant_id");