ALTER TABLE "address_links" DROP CONSTRAINT "address_links_purpose_check";--> statement-breakpoint
ALTER TABLE "links" DROP CONSTRAINT "links_purpose_check";
