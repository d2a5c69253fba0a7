ALTER TABLE "sessions" ADD COLUMN "refreshed_by" jsonb;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "used_generation" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "lost_answers" jsonb;
