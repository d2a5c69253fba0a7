ALTER TABLE "tenants" ADD COLUMN "second_factor" text DEFAULT 'OPTIONAL' NOT NULL;
