import type { Client } from "../../shared/client.ts";
import type { TenantId } from "../../shared/ids.ts";
import type { SecurityEventDraft } from "../audit/index.ts";
import type { User } from "../users/index.ts";

type Somebody = Pick<User, "id" | "tenantId">;

/** A company was set up; nobody has proved its admin's address yet. It is nobody's in particular. */
export const tenantOnboarded = (tenantId: TenantId, client: Client): SecurityEventDraft => ({
  type: "TENANT_ONBOARDED",
  tenantId,
  userId: null,
  client,
});

/** The admin of a new company came to be. */
export const adminRegistered = ({ id, tenantId }: Somebody, client: Client): SecurityEventDraft => ({
  type: "USER_REGISTERED",
  tenantId,
  userId: id,
  client,
});

/** The admin followed the link: the address is proved. */
export const adminVerified = ({ id, tenantId }: Somebody, client: Client): SecurityEventDraft => ({
  type: "EMAIL_VERIFIED",
  tenantId,
  userId: id,
  client,
});
