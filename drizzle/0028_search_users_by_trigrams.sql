-- A trusted extension: needs CREATE on the database, or a superuser creates it before. If it exists, no right is needed.
CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_email_canonical_username_canonical_name_search_idx" ON "users" USING gin (lower("email_canonical" || chr(10) || coalesce("username_canonical", '') || chr(10) || coalesce("name", '')) gin_trgm_ops) WITH (fastupdate=false);--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_tenant_id_email_canonical_id_order_idx" ON "users" USING btree ("tenant_id",("email_canonical" collate "C"),"id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_email_canonical_id_order_idx" ON "users" USING btree (("email_canonical" collate "C"),"id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_tenant_id_username_canonical_id_order_idx" ON "users" USING btree ("tenant_id",(coalesce("username_canonical", '') collate "C"),"id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_username_canonical_id_order_idx" ON "users" USING btree ((coalesce("username_canonical", '') collate "C"),"id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_email_canonical_id_domain_idx" ON "users" USING btree (split_part("email_canonical", '@', 2),"id");
