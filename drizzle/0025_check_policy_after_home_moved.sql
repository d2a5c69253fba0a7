ALTER TABLE "sessions" ADD COLUMN "home_moved" boolean DEFAULT false NOT NULL;
--> statement-breakpoint
-- lint-allow: it creates a function. A session whose user's home moved was never checked against the policy of the new home.
CREATE FUNCTION "mark_home_moved"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW."home_moved" := true;
	RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER "sessions_home_moved" BEFORE UPDATE OF "tenant_id" ON "sessions" FOR EACH ROW WHEN (OLD."tenant_id" IS DISTINCT FROM NEW."tenant_id") EXECUTE FUNCTION "mark_home_moved"();
