CREATE TABLE "invitations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"email" text NOT NULL,
	"email_canonical" text NOT NULL,
	"name" text,
	"roles" text[] NOT NULL,
	"locale" text NOT NULL,
	"invited_by" uuid,
	"invited_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"accepted_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"voided_at" timestamp (3) with time zone
);--> statement-breakpoint
CREATE TABLE "address_links" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"email" text NOT NULL,
	"email_canonical" text NOT NULL,
	"purpose" text NOT NULL,
	"registration_id" uuid,
	"approval_id" uuid,
	"invitation_id" uuid,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone
);--> statement-breakpoint
ALTER TABLE "registrations" ADD COLUMN "roles" text[] DEFAULT '{"USER"}' NOT NULL;--> statement-breakpoint
ALTER TABLE "registrations" ADD COLUMN "place" text;--> statement-breakpoint
ALTER TABLE "registrations" ADD COLUMN "closed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_invited_by_users_id_fk" FOREIGN KEY ("invited_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "address_links" ADD CONSTRAINT "address_links_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "invitations_tenant_newest" ON "invitations" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "invitations_inviter" ON "invitations" USING btree ("invited_by");--> statement-breakpoint
CREATE INDEX "invitations_expiry" ON "invitations" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "invitations_open_unique" ON "invitations" USING btree ("tenant_id","email_canonical") WHERE accepted_at is null and revoked_at is null and voided_at is null;--> statement-breakpoint
CREATE INDEX "address_links_address" ON "address_links" USING btree ("email_canonical");--> statement-breakpoint
CREATE INDEX "address_links_expiry" ON "address_links" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "address_links_tenant" ON "address_links" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "address_links_invitation" ON "address_links" USING btree ("invitation_id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "registrations_address" ON "registrations" USING btree ("email_canonical","id");
