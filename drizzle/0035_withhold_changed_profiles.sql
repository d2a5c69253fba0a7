-- lint-allow: it creates a function. Replicas cache the profile of a signed-in user with their session. Changes made through the API
-- first invalidate that cache; this notification covers every other change, of replicas of the previous version, too.
CREATE FUNCTION "withhold_changed_profile"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('portcullis_cache_withheld', NEW."id"::text);
	RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "users_changed_profile" AFTER UPDATE OF "email", "email_verified", "username", "name", "locale", "password_reset_required", "is_operator", "tenant_id", "status" ON "users" FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION "withhold_changed_profile"();
