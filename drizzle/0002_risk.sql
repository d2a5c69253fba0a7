CREATE TABLE "suspicious_addresses" (
	"network" text PRIMARY KEY NOT NULL,
	"denied_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "login_challenges" ALTER COLUMN "reason" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "login_challenges" ADD COLUMN "ip_address" text;--> statement-breakpoint
ALTER TABLE "login_challenges" ADD COLUMN "location" jsonb;--> statement-breakpoint
ALTER TABLE "login_challenges" ADD COLUMN "risk" jsonb;--> statement-breakpoint
ALTER TABLE "login_challenges" ADD COLUMN "confirmed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "login_challenges" ADD COLUMN "denied_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "devices" ADD COLUMN "last_location" jsonb;--> statement-breakpoint
CREATE INDEX "suspicious_addresses_age" ON "suspicious_addresses" USING btree ("denied_at");