import { z } from "zod";
import type { KeyRing } from "#platform/secrets";
import type { TenantId } from "#shared/ids";
import type { SapConnectionDetails } from "./sap.policy.ts";

/** What lies encrypted in the database. */
const Stored = z.union([
  z.object({ username: z.string(), password: z.string() }),
  z.object({ oauth: z.object({ tokenUrl: z.url(), clientId: z.string(), clientSecret: z.string() }) }),
]);

/** Names the tenant: a row that somebody moved to another tenant does not decrypt. */
export const contextOf = (tenantId: TenantId): string => `sap:${tenantId}`;

/** The credentials of the details, encrypted for this tenant. */
export const sealCredentials = (
  keyRing: Pick<KeyRing, "encrypt">,
  tenantId: TenantId,
  { username, password, oauth }: SapConnectionDetails,
): string => {
  const stored = oauth ? { oauth: { ...oauth, tokenUrl: oauth.tokenUrl.href } } : { username, password };
  return keyRing.encrypt(Buffer.from(JSON.stringify(stored)), contextOf(tenantId));
};

/** The details that were stored. Throws where no key of the ring opens the credentials. */
export const openDetails = (
  keyRing: Pick<KeyRing, "decrypt">,
  {
    tenantId,
    baseUrl,
    credentials,
  }: { readonly tenantId: TenantId; readonly baseUrl: string; readonly credentials: string },
): SapConnectionDetails => {
  const stored = Stored.parse(JSON.parse(keyRing.decrypt(credentials, contextOf(tenantId)).toString()));
  if (!("oauth" in stored)) return { baseUrl: new URL(baseUrl), ...stored };
  return { baseUrl: new URL(baseUrl), oauth: { ...stored.oauth, tokenUrl: new URL(stored.oauth.tokenUrl) } };
};
