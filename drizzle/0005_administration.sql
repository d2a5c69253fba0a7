CREATE INDEX CONCURRENTLY "devices_oldest" ON "devices" USING btree ("first_seen_at");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "login_attempts_address" ON "login_attempts" USING btree ("ip_address","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "sessions_address" ON "sessions" USING btree ("ip_address","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "sessions_tenant_live" ON "sessions" USING btree ("tenant_id","id") WHERE "sessions"."ended_at" is null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "sessions_tenant_over" ON "sessions" USING btree ("tenant_id","id") WHERE "sessions"."ended_at" is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "sessions_live" ON "sessions" USING btree ("id") WHERE "sessions"."ended_at" is null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "sessions_over" ON "sessions" USING btree ("id") WHERE "sessions"."ended_at" is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_tenant_status" ON "users" USING btree ("tenant_id","status","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_status" ON "users" USING btree ("status","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_admins" ON "users" USING btree ("tenant_id","id") WHERE "users"."roles" @> '{ADMIN}';--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_operators" ON "users" USING btree ("tenant_id","id") WHERE "users"."roles" @> '{OPERATOR}';--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_search_any_email" ON "users" USING btree ("email_canonical" text_pattern_ops);--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_search_any_username" ON "users" USING btree ("username_canonical" text_pattern_ops);--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_search_any_name" ON "users" USING btree (lower("name") text_pattern_ops);