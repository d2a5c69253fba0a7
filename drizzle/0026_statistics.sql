CREATE TABLE "statistics_active_users" (
	"tenant_id" uuid NOT NULL,
	"interval" text NOT NULL,
	"bucket" timestamp (3) with time zone NOT NULL,
	"active_user_id" uuid NOT NULL,
	CONSTRAINT "statistics_active_users_pkey" PRIMARY KEY("interval","bucket","tenant_id","active_user_id"),
	CONSTRAINT "statistics_active_users_interval_check" CHECK ("interval" in ('DAY', 'WEEK', 'MONTH'))
);--> statement-breakpoint
CREATE TABLE "statistics_progress" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"rolled_up_to" timestamp (3) with time zone NOT NULL
);--> statement-breakpoint
CREATE TABLE "tenant_statistics" (
	"tenant_id" uuid NOT NULL,
	"interval" text NOT NULL,
	"bucket" timestamp (3) with time zone NOT NULL,
	"success" integer NOT NULL,
	"failed" integer NOT NULL,
	"challenged" integer NOT NULL,
	"locked" integer NOT NULL,
	"denied" integer NOT NULL,
	"risk_low" integer NOT NULL,
	"risk_medium" integer NOT NULL,
	"risk_elevated" integer NOT NULL,
	"risk_high" integer NOT NULL,
	"new_users" integer NOT NULL,
	"totp_enabled" integer NOT NULL,
	"passkeys_added" integer NOT NULL,
	"active_users" integer NOT NULL,
	CONSTRAINT "tenant_statistics_pkey" PRIMARY KEY("tenant_id","interval","bucket"),
	CONSTRAINT "tenant_statistics_interval_check" CHECK ("interval" in ('HOUR', 'DAY', 'WEEK', 'MONTH'))
);--> statement-breakpoint
CREATE INDEX "tenant_statistics_interval_bucket_idx" ON "tenant_statistics" USING btree ("interval","bucket");
