-- Names as docs/decisions/database-names.md has them. Renaming an index locks only the index, and briefly.
ALTER INDEX "address_links_address" RENAME TO "address_links_email_canonical_idx";
ALTER INDEX "address_links_expiry" RENAME TO "address_links_expires_at_idx";
ALTER INDEX "address_links_tenant" RENAME TO "address_links_tenant_id_idx";
ALTER INDEX "address_links_invitation" RENAME TO "address_links_invitation_id_idx";--> statement-breakpoint
ALTER INDEX "address_proofs_expiry" RENAME TO "address_proofs_expires_at_idx";
ALTER INDEX "address_proofs_tenant" RENAME TO "address_proofs_tenant_id_idx";--> statement-breakpoint
ALTER INDEX "backup_codes_tenant" RENAME TO "backup_codes_tenant_id_idx";
ALTER INDEX "backup_codes_position_unique" RENAME TO "backup_codes_user_id_pending_position_key";--> statement-breakpoint
ALTER INDEX "denied_networks_age" RENAME TO "denied_networks_denied_at_idx";
ALTER INDEX "denied_networks_tenant_id_network_pk" RENAME TO "denied_networks_pkey";--> statement-breakpoint
ALTER INDEX "devices_tenant" RENAME TO "devices_tenant_id_user_id_idx";
ALTER INDEX "devices_oldest" RENAME TO "devices_first_seen_at_idx";
ALTER INDEX "devices_user_token_unique" RENAME TO "devices_user_id_token_hash_key";--> statement-breakpoint
ALTER INDEX "email_codes_user" RENAME TO "email_codes_user_id_idx";
ALTER INDEX "email_codes_expiry" RENAME TO "email_codes_expires_at_idx";
ALTER INDEX "email_codes_tenant" RENAME TO "email_codes_tenant_id_idx";--> statement-breakpoint
ALTER INDEX "factor_resets_pending" RENAME TO "factor_resets_user_id_pending_key";
ALTER INDEX "factor_resets_user" RENAME TO "factor_resets_user_id_id_idx";
ALTER INDEX "factor_resets_tenant" RENAME TO "factor_resets_tenant_id_idx";--> statement-breakpoint
ALTER INDEX "forgotten_devices_age" RENAME TO "forgotten_devices_forgotten_at_idx";
ALTER INDEX "forgotten_devices_tenant" RENAME TO "forgotten_devices_tenant_id_idx";
ALTER INDEX "forgotten_devices_user_id_token_hash_pk" RENAME TO "forgotten_devices_pkey";--> statement-breakpoint
ALTER INDEX "former_passwords_user" RENAME TO "former_passwords_user_id_idx";
ALTER INDEX "former_passwords_age" RENAME TO "former_passwords_replaced_at_idx";
ALTER INDEX "former_passwords_tenant" RENAME TO "former_passwords_tenant_id_idx";--> statement-breakpoint
ALTER INDEX "held_notices_recipient_template_pk" RENAME TO "held_notices_pkey";--> statement-breakpoint
ALTER INDEX "invitations_tenant_newest" RENAME TO "invitations_tenant_id_id_idx";
ALTER INDEX "invitations_inviter" RENAME TO "invitations_invited_by_idx";
ALTER INDEX "invitations_expiry" RENAME TO "invitations_expires_at_idx";
ALTER INDEX "invitations_open_unique" RENAME TO "invitations_tenant_id_email_canonical_open_key";--> statement-breakpoint
ALTER INDEX "links_user" RENAME TO "links_user_id_purpose_idx";
ALTER INDEX "links_expiry" RENAME TO "links_expires_at_idx";
ALTER INDEX "links_tenant" RENAME TO "links_tenant_id_idx";--> statement-breakpoint
ALTER INDEX "login_attempts_user_newest" RENAME TO "login_attempts_user_id_id_idx";
ALTER INDEX "login_attempts_tenant_newest" RENAME TO "login_attempts_tenant_id_id_idx";
ALTER INDEX "login_attempts_tenant_address" RENAME TO "login_attempts_tenant_id_ip_address_id_idx";
ALTER INDEX "login_attempts_address" RENAME TO "login_attempts_ip_address_id_idx";
ALTER INDEX "login_attempts_successes" RENAME TO "login_attempts_user_id_id_successes_idx";
ALTER INDEX "login_attempts_failures" RENAME TO "login_attempts_user_id_occurred_at_failures_idx";
ALTER INDEX "login_attempts_id_occurred_at_pk" RENAME TO "login_attempts_pkey";--> statement-breakpoint
ALTER INDEX "login_challenges_user" RENAME TO "login_challenges_user_id_idx";
ALTER INDEX "login_challenges_expiry" RENAME TO "login_challenges_expires_at_idx";
ALTER INDEX "login_challenges_tenant" RENAME TO "login_challenges_tenant_id_idx";--> statement-breakpoint
ALTER INDEX "login_habits_tenant" RENAME TO "login_habits_tenant_id_idx";--> statement-breakpoint
ALTER INDEX "passkeys_user" RENAME TO "passkeys_user_id_idx";
ALTER INDEX "passkeys_tenant" RENAME TO "passkeys_tenant_id_idx";
ALTER INDEX "passkeys_credential_unique" RENAME TO "passkeys_credential_id_key";--> statement-breakpoint
ALTER INDEX "passwords_tenant" RENAME TO "passwords_tenant_id_idx";--> statement-breakpoint
ALTER INDEX "rate_limits_expiry" RENAME TO "rate_limits_window_ends_at_idx";--> statement-breakpoint
ALTER INDEX "registrations_tenant_newest" RENAME TO "registrations_tenant_id_status_id_idx";
ALTER INDEX "registrations_waiting" RENAME TO "registrations_email_canonical_waiting_idx";
ALTER INDEX "registrations_address" RENAME TO "registrations_email_canonical_id_idx";--> statement-breakpoint
ALTER INDEX "role_grants_user_id_role_granted_at_pk" RENAME TO "role_grants_pkey";--> statement-breakpoint
ALTER INDEX "sap_connections_checked" RENAME TO "sap_connections_checked_at_idx";--> statement-breakpoint
ALTER INDEX "security_events_user_newest" RENAME TO "security_events_user_id_id_idx";
ALTER INDEX "security_events_tenant_newest" RENAME TO "security_events_tenant_id_id_idx";
ALTER INDEX "security_events_id_occurred_at_pk" RENAME TO "security_events_pkey";--> statement-breakpoint
ALTER INDEX "sessions_user_newest" RENAME TO "sessions_user_id_id_idx";
ALTER INDEX "sessions_user_live" RENAME TO "sessions_user_id_live_idx";
ALTER INDEX "sessions_tenant_newest" RENAME TO "sessions_tenant_id_id_idx";
ALTER INDEX "sessions_address" RENAME TO "sessions_ip_address_id_idx";
ALTER INDEX "sessions_tenant_live" RENAME TO "sessions_tenant_id_id_live_idx";
ALTER INDEX "sessions_tenant_over" RENAME TO "sessions_tenant_id_id_ended_idx";
ALTER INDEX "sessions_live" RENAME TO "sessions_id_live_idx";
ALTER INDEX "sessions_over" RENAME TO "sessions_id_ended_idx";
ALTER INDEX "sessions_device" RENAME TO "sessions_device_id_idx";
ALTER INDEX "sessions_ended" RENAME TO "sessions_ended_at_ended_idx";--> statement-breakpoint
ALTER INDEX "social_accounts_tenant" RENAME TO "social_accounts_tenant_id_idx";
ALTER INDEX "social_accounts_subject_unique" RENAME TO "social_accounts_issuer_subject_key";
ALTER INDEX "social_accounts_provider_unique" RENAME TO "social_accounts_user_id_provider_key";--> statement-breakpoint
ALTER INDEX "social_logins_expiry" RENAME TO "social_logins_expires_at_idx";
ALTER INDEX "social_logins_tenant" RENAME TO "social_logins_tenant_id_idx";
ALTER INDEX "social_logins_state_unique" RENAME TO "social_logins_state_hash_key";--> statement-breakpoint
ALTER INDEX "spent_passkey_challenges_age" RENAME TO "spent_passkey_challenges_spent_at_idx";--> statement-breakpoint
ALTER INDEX "suspended_changes_user" RENAME TO "suspended_changes_user_id_idx";
ALTER INDEX "suspended_changes_tenant" RENAME TO "suspended_changes_tenant_id_idx";--> statement-breakpoint
ALTER INDEX "suspicious_addresses_age" RENAME TO "suspicious_addresses_denied_at_idx";--> statement-breakpoint
ALTER INDEX "tenants_slug_unique" RENAME TO "tenants_slug_key";--> statement-breakpoint
ALTER INDEX "totp_secrets_tenant" RENAME TO "totp_secrets_tenant_id_idx";--> statement-breakpoint
ALTER INDEX "unlinked_providers_tenant" RENAME TO "unlinked_providers_tenant_id_idx";
ALTER INDEX "unlinked_providers_user_id_provider_pk" RENAME TO "unlinked_providers_pkey";--> statement-breakpoint
ALTER INDEX "users_tenant_newest" RENAME TO "users_tenant_id_id_idx";
ALTER INDEX "users_status" RENAME TO "users_status_id_idx";
ALTER INDEX "users_admins" RENAME TO "users_tenant_id_id_admins_idx";
ALTER INDEX "users_operators" RENAME TO "users_tenant_id_id_operators_idx";
ALTER INDEX "users_search_any_email" RENAME TO "users_email_canonical_prefix_idx";
ALTER INDEX "users_search_any_username" RENAME TO "users_username_canonical_prefix_idx";
ALTER INDEX "users_search_any_name" RENAME TO "users_name_prefix_idx";
ALTER INDEX "users_email_unique" RENAME TO "users_email_canonical_key";--> statement-breakpoint
-- The sweep reads by id, which is the order of creation.
DROP INDEX CONCURRENTLY "sessions_live_oldest";--> statement-breakpoint
-- Values as the code has them: the version before writes no others.
ALTER TABLE "address_links"
	ADD CONSTRAINT "address_links_purpose_check" CHECK ("purpose" in ('verify-email', 'activate', 'invitation')) NOT VALID;--> statement-breakpoint
ALTER TABLE "address_links" VALIDATE CONSTRAINT "address_links_purpose_check";--> statement-breakpoint
ALTER TABLE "factor_resets"
	ADD CONSTRAINT "factor_resets_origin_check" CHECK ("origin" in ('USER', 'ADMIN', 'SERVER')) NOT VALID;--> statement-breakpoint
ALTER TABLE "factor_resets" VALIDATE CONSTRAINT "factor_resets_origin_check";--> statement-breakpoint
ALTER TABLE "held_notices"
	ADD CONSTRAINT "held_notices_locale_check" CHECK ("locale" in ('en', 'de')) NOT VALID;--> statement-breakpoint
ALTER TABLE "held_notices" VALIDATE CONSTRAINT "held_notices_locale_check";--> statement-breakpoint
ALTER TABLE "invitations"
	ADD CONSTRAINT "invitations_roles_check" CHECK ("roles" <@ array['USER', 'ADMIN', 'OPERATOR']) NOT VALID;--> statement-breakpoint
ALTER TABLE "invitations" VALIDATE CONSTRAINT "invitations_roles_check";--> statement-breakpoint
ALTER TABLE "links"
	ADD CONSTRAINT "links_purpose_check" CHECK ("purpose" in ('verify-email', 'change-email', 'undo-email-change', 'reset-password', 'confirm-login', 'deny-login', 'cancel-factor-reset', 'invitation', 'activate')) NOT VALID;--> statement-breakpoint
ALTER TABLE "links" VALIDATE CONSTRAINT "links_purpose_check";--> statement-breakpoint
ALTER TABLE "login_attempts"
	ADD CONSTRAINT "login_attempts_outcome_check" CHECK ("outcome" in ('SUCCESS', 'FAILED', 'CHALLENGED', 'LOCKED', 'DENIED')) NOT VALID;--> statement-breakpoint
ALTER TABLE "login_attempts" VALIDATE CONSTRAINT "login_attempts_outcome_check";--> statement-breakpoint
ALTER TABLE "login_challenges"
	ADD CONSTRAINT "login_challenges_reason_check" CHECK ("reason" in ('SECOND_FACTOR_ENABLED', 'HIGH_RISK', 'TENANT_POLICY', 'ENROLMENT_REQUIRED', 'ADDRESS_UNPROVED')) NOT VALID,
	ADD CONSTRAINT "login_challenges_factors_check" CHECK ("factors" <@ array['TOTP', 'PASSKEY', 'BACKUP_CODE', 'EMAIL_CODE']) NOT VALID,
	ADD CONSTRAINT "login_challenges_methods_check" CHECK ("methods" <@ array['PASSWORD', 'SOCIAL', 'TOTP', 'PASSKEY', 'BACKUP_CODE', 'EMAIL_CODE']) NOT VALID;--> statement-breakpoint
ALTER TABLE "login_challenges" VALIDATE CONSTRAINT "login_challenges_reason_check", VALIDATE CONSTRAINT "login_challenges_factors_check", VALIDATE CONSTRAINT "login_challenges_methods_check";--> statement-breakpoint
ALTER TABLE "registrations"
	ADD CONSTRAINT "registrations_roles_check" CHECK ("roles" <@ array['USER', 'ADMIN', 'OPERATOR']) NOT VALID,
	ADD CONSTRAINT "registrations_status_check" CHECK ("status" in ('PENDING_VERIFICATION', 'PENDING', 'APPROVED', 'REJECTED')) NOT VALID;--> statement-breakpoint
ALTER TABLE "registrations" VALIDATE CONSTRAINT "registrations_roles_check", VALIDATE CONSTRAINT "registrations_status_check";--> statement-breakpoint
ALTER TABLE "role_grants"
	ADD CONSTRAINT "role_grants_role_check" CHECK ("role" in ('USER', 'ADMIN', 'OPERATOR')) NOT VALID;--> statement-breakpoint
ALTER TABLE "role_grants" VALIDATE CONSTRAINT "role_grants_role_check";--> statement-breakpoint
ALTER TABLE "security_events"
	ADD CONSTRAINT "security_events_type_check" CHECK ("type" in ('REGISTRATION_REQUESTED', 'REGISTRATION_REJECTED', 'USER_INVITED', 'INVITATION_REVOKED', 'USER_REGISTERED', 'EMAIL_VERIFIED', 'LOGIN_SUCCEEDED', 'LOGIN_FAILED', 'LOGIN_LOCKED', 'LOGIN_CONFIRMED', 'LOGIN_DENIED', 'NEW_DEVICE', 'MFA_ENABLED', 'MFA_DISABLED', 'MFA_VERIFY_SUCCESS', 'MFA_VERIFY_FAILED', 'MFA_LOCKED', 'BACKUP_CODE_USED', 'BACKUP_CODES_RENEWED', 'PASSKEY_ADDED', 'PASSKEY_REMOVED', 'STEP_UP_FAILED', 'FACTOR_RESET', 'CHANGE_SUSPENDED', 'SUSPENDED_CHANGE_CONFIRMED', 'SUSPENDED_CHANGE_REMOVED', 'SESSION_ENDED', 'TOKEN_REUSED', 'REFRESH_FROM_ELSEWHERE', 'REFRESH_ANSWER_LOST', 'REFRESH_AHEAD_OF_DATABASE', 'PASSWORD_CHANGED', 'PASSWORD_RESET_REQUESTED', 'PASSWORD_RESET', 'USERNAME_CHANGED', 'EMAIL_CHANGED', 'SOCIAL_LINKED', 'SOCIAL_UNLINKED', 'ROLES_CHANGED', 'USER_SUSPENDED', 'USER_REACTIVATED', 'ACCOUNT_DELETED', 'POLICY_CHANGED', 'SAP_CONNECTION_CHANGED', 'TENANT_ONBOARDED', 'TENANT_SUSPENDED', 'TENANT_REACTIVATED')) NOT VALID;--> statement-breakpoint
ALTER TABLE "security_events" VALIDATE CONSTRAINT "security_events_type_check";--> statement-breakpoint
ALTER TABLE "sessions"
	ADD CONSTRAINT "sessions_authenticated_with_check" CHECK ("authenticated_with" <@ array['PASSWORD', 'SOCIAL', 'TOTP', 'PASSKEY', 'BACKUP_CODE', 'EMAIL_CODE']) NOT VALID,
	ADD CONSTRAINT "sessions_end_reason_check" CHECK ("end_reason" in ('LOGGED_OUT', 'REVOKED', 'SESSION_LIMIT', 'PASSWORD_CHANGED', 'PASSWORD_RESET', 'LOGIN_DENIED', 'TOKEN_REUSED', 'STEP_UP_FAILED', 'ADMIN_REVOKED', 'ACCOUNT_SUSPENDED', 'EXPIRED')) NOT VALID;--> statement-breakpoint
ALTER TABLE "sessions" VALIDATE CONSTRAINT "sessions_authenticated_with_check", VALIDATE CONSTRAINT "sessions_end_reason_check";--> statement-breakpoint
ALTER TABLE "signing_keys"
	ADD CONSTRAINT "signing_keys_algorithm_check" CHECK ("algorithm" in ('EdDSA', 'ES256', 'RS256', 'HS256')) NOT VALID;--> statement-breakpoint
ALTER TABLE "signing_keys" VALIDATE CONSTRAINT "signing_keys_algorithm_check";--> statement-breakpoint
ALTER TABLE "social_logins"
	ADD CONSTRAINT "social_logins_transport_check" CHECK ("transport" in ('BODY', 'COOKIE')) NOT VALID;--> statement-breakpoint
ALTER TABLE "social_logins" VALIDATE CONSTRAINT "social_logins_transport_check";--> statement-breakpoint
ALTER TABLE "suspended_changes"
	ADD CONSTRAINT "suspended_changes_kind_check" CHECK ("kind" in ('TOTP', 'PASSKEY', 'BACKUP_CODES', 'SOCIAL_ACCOUNT', 'PASSWORD', 'EMAIL', 'ROLES')) NOT VALID;--> statement-breakpoint
ALTER TABLE "suspended_changes" VALIDATE CONSTRAINT "suspended_changes_kind_check";--> statement-breakpoint
ALTER TABLE "tenants"
	ADD CONSTRAINT "tenants_status_check" CHECK ("status" in ('ACTIVE', 'SUSPENDED')) NOT VALID,
	ADD CONSTRAINT "tenants_registration_check" CHECK ("registration" in ('OPEN', 'APPROVAL', 'INVITE_ONLY')) NOT VALID,
	ADD CONSTRAINT "tenants_password_change_ends_check" CHECK ("password_change_ends" in ('NONE', 'OTHERS', 'ALL')) NOT VALID,
	ADD CONSTRAINT "tenants_second_factor_check" CHECK ("second_factor" in ('OPTIONAL', 'REQUIRED', 'REQUIRED_OWN')) NOT VALID;--> statement-breakpoint
ALTER TABLE "tenants" VALIDATE CONSTRAINT "tenants_status_check", VALIDATE CONSTRAINT "tenants_registration_check", VALIDATE CONSTRAINT "tenants_password_change_ends_check", VALIDATE CONSTRAINT "tenants_second_factor_check";--> statement-breakpoint
ALTER TABLE "users"
	ADD CONSTRAINT "users_status_check" CHECK ("status" in ('ACTIVE', 'SUSPENDED', 'PENDING_VERIFICATION', 'PENDING_APPROVAL', 'INVITED')) NOT VALID,
	ADD CONSTRAINT "users_roles_check" CHECK ("roles" <@ array['USER', 'ADMIN', 'OPERATOR']) NOT VALID,
	ADD CONSTRAINT "users_preferred_factor_check" CHECK ("preferred_factor" in ('TOTP', 'PASSKEY', 'BACKUP_CODE', 'EMAIL_CODE')) NOT VALID;--> statement-breakpoint
ALTER TABLE "users" VALIDATE CONSTRAINT "users_status_check", VALIDATE CONSTRAINT "users_roles_check", VALIDATE CONSTRAINT "users_preferred_factor_check";--> statement-breakpoint
-- Indexes without a query that needs them (docs/decisions/database-names.md): these pages are as fast by the indexes over all tenants.
DROP INDEX CONCURRENTLY "users_tenant_status";--> statement-breakpoint
DROP INDEX CONCURRENTLY "users_search_email";--> statement-breakpoint
DROP INDEX CONCURRENTLY "users_search_username";--> statement-breakpoint
DROP INDEX CONCURRENTLY "users_search_name";--> statement-breakpoint
DROP INDEX CONCURRENTLY "sessions_tenant_address";--> statement-breakpoint
-- Room in each page for the rows that a login or a refresh writes next (heap-only tuples), and an earlier vacuum of the tables
-- whose rows change or go all day: a fifth of a large table is far too much to wait for.
ALTER TABLE "users" SET (fillfactor = 85);--> statement-breakpoint
ALTER TABLE "devices" SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
ALTER TABLE "sessions" SET (autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
ALTER TABLE "login_challenges" SET (autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
ALTER TABLE "rate_limits" SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
ALTER TABLE "event_outbox" SET (autovacuum_vacuum_scale_factor = 0.05);
