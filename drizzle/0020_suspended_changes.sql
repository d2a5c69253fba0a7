CREATE TABLE "suspended_changes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"change" jsonb NOT NULL,
	"made_at" timestamp (3) with time zone NOT NULL,
	"suspended_at" timestamp (3) with time zone NOT NULL
);--> statement-breakpoint
ALTER TABLE "suspended_changes" ADD CONSTRAINT "suspended_changes_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "suspended_changes" ADD CONSTRAINT "suspended_changes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "suspended_changes_user" ON "suspended_changes" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "suspended_changes_tenant" ON "suspended_changes" USING btree ("tenant_id");
