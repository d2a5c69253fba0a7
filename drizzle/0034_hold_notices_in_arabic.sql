ALTER TABLE "held_notices" DROP CONSTRAINT "held_notices_locale_check";--> statement-breakpoint
ALTER TABLE "held_notices" ADD CONSTRAINT "held_notices_locale_check" CHECK ("locale" in ('en', 'de', 'ar')) NOT VALID;--> statement-breakpoint
ALTER TABLE "held_notices" VALIDATE CONSTRAINT "held_notices_locale_check";
