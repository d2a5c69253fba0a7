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
ALTER TABLE "sessions" ADD COLUMN "denied" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "social_accounts" ADD COLUMN "created_by_session" uuid;