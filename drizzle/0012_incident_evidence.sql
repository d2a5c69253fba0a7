CREATE TABLE "forgotten_devices" (
	"user_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"first_seen_at" timestamp (3) with time zone NOT NULL,
	"forgotten_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "forgotten_devices_user_id_token_hash_pk" PRIMARY KEY("user_id","token_hash")
);--> statement-breakpoint
CREATE TABLE "former_passwords" (
	"user_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"hash" text NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL,
	"replaced_at" timestamp (3) with time zone NOT NULL
);--> statement-breakpoint
ALTER TABLE "forgotten_devices" ADD CONSTRAINT "forgotten_devices_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "forgotten_devices" ADD CONSTRAINT "forgotten_devices_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "former_passwords" ADD CONSTRAINT "former_passwords_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "former_passwords" ADD CONSTRAINT "former_passwords_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "forgotten_devices_age" ON "forgotten_devices" USING btree ("forgotten_at");--> statement-breakpoint
CREATE INDEX "forgotten_devices_tenant" ON "forgotten_devices" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "former_passwords_user" ON "former_passwords" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "former_passwords_age" ON "former_passwords" USING btree ("replaced_at");--> statement-breakpoint
CREATE INDEX "former_passwords_tenant" ON "former_passwords" USING btree ("tenant_id");
