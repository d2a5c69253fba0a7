ALTER TABLE "cache_epochs" ADD COLUMN "master" text;--> statement-breakpoint
ALTER TABLE "cache_epochs" ADD COLUMN "master_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "cache_epochs" ADD COLUMN "former_masters" text[] DEFAULT '{}' NOT NULL;
