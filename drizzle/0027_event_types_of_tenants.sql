CREATE INDEX CONCURRENTLY "security_events_tenant_id_type_id_idx" ON "security_events" USING btree ("tenant_id","type","id");
