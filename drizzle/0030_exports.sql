CREATE TABLE "export_chunks" (
	"export_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"tenant_id" uuid NOT NULL,
	"data" "bytea" NOT NULL,
	CONSTRAINT "export_chunks_pkey" PRIMARY KEY("export_id","position")
);--> statement-breakpoint
CREATE TABLE "exports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"creator_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"filter" jsonb NOT NULL,
	"format" text NOT NULL,
	"status" text NOT NULL,
	"failure" text,
	"row_count" integer DEFAULT 0 NOT NULL,
	"byte_count" bigint DEFAULT 0 NOT NULL,
	"chunk_count" integer DEFAULT 0 NOT NULL,
	"last_row_id" uuid,
	"created_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "exports_kind_check" CHECK ("kind" in ('USERS', 'SECURITY_EVENTS')),
	CONSTRAINT "exports_format_check" CHECK ("format" in ('NDJSON', 'CSV')),
	CONSTRAINT "exports_status_check" CHECK ("status" in ('QUEUED', 'RUNNING', 'READY', 'FAILED', 'EXPIRED')),
	CONSTRAINT "exports_failure_check" CHECK ("failure" in ('CREATOR_LOST_PERMISSION', 'TOO_LARGE', 'INTERNAL'))
);--> statement-breakpoint
ALTER TABLE "security_events" DROP CONSTRAINT "security_events_type_check";--> statement-breakpoint
ALTER TABLE "export_chunks" ADD CONSTRAINT "export_chunks_export_id_exports_id_fk" FOREIGN KEY ("export_id") REFERENCES "public"."exports"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "exports" ADD CONSTRAINT "exports_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "exports_tenant_id_id_idx" ON "exports" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "exports_expires_at_idx" ON "exports" USING btree ("expires_at");--> statement-breakpoint
ALTER TABLE "security_events" ADD CONSTRAINT "security_events_type_check" CHECK ("type" in ('REGISTRATION_REQUESTED', 'REGISTRATION_REJECTED', 'USER_INVITED', 'INVITATION_REVOKED', 'INVITATION_DECLINED', 'USER_REGISTERED', 'EMAIL_VERIFIED', 'LOGIN_SUCCEEDED', 'LOGIN_FAILED', 'LOGIN_LOCKED', 'LOGIN_CONFIRMED', 'LOGIN_DENIED', 'NEW_DEVICE', 'MFA_ENABLED', 'MFA_DISABLED', 'MFA_VERIFY_SUCCESS', 'MFA_VERIFY_FAILED', 'MFA_LOCKED', 'BACKUP_CODE_USED', 'BACKUP_CODES_RENEWED', 'PASSKEY_ADDED', 'PASSKEY_REMOVED', 'STEP_UP_FAILED', 'FACTOR_RESET', 'CHANGE_SUSPENDED', 'SUSPENDED_CHANGE_CONFIRMED', 'SUSPENDED_CHANGE_REMOVED', 'SESSION_ENDED', 'TOKEN_REUSED', 'REFRESH_FROM_ELSEWHERE', 'REFRESH_ANSWER_LOST', 'REFRESH_AHEAD_OF_DATABASE', 'PASSWORD_CHANGED', 'PASSWORD_RESET_REQUESTED', 'PASSWORD_RESET', 'USERNAME_CHANGED', 'EMAIL_CHANGED', 'SOCIAL_LINKED', 'SOCIAL_UNLINKED', 'ROLES_CHANGED', 'MEMBERSHIP_ADDED', 'MEMBERSHIP_CHANGED', 'MEMBERSHIP_REMOVED', 'ROLE_CREATED', 'ROLE_UPDATED', 'ROLE_DELETED', 'USER_UPDATED', 'USER_SUSPENDED', 'USER_REACTIVATED', 'ACCOUNT_DELETED', 'POLICY_CHANGED', 'SAP_CONNECTION_CHANGED', 'TENANT_ONBOARDED', 'TENANT_SUSPENDED', 'TENANT_REACTIVATED', 'EXPORT_CREATED', 'EXPORT_DOWNLOADED')) NOT VALID;--> statement-breakpoint
ALTER TABLE "security_events" VALIDATE CONSTRAINT "security_events_type_check";
