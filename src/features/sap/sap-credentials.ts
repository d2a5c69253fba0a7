import { z } from "zod";
import type { KeyRing } from "#platform/secrets";
import type { TenantId } from "#shared/ids";
import type { SapConnectionDetails } from "./sap.policy.ts";

/** The plaintext of the credentials that are stored encrypted. */
const Stored = z.union([
  z.object({ username: z.string(), password: z.string() }),
  z.object({ oauth: z.object({ tokenUrl: z.url(), clientId: z.string(), clientSecret: z.string() }) }),
]);

/** The encryption context. It contains the tenant, so that a row copied to another tenant cannot be decrypted. */
export const contextOf = (tenantId: TenantId): string => `sap:${tenantId}`;

/** Returns the credentials of the details, encrypted for this tenant. */
export const sealCredentials = (
  keyRing: Pick<KeyRing, "encrypt">,
  tenantId: TenantId,
  { username, password, oauth }: SapConnectionDetails,
): string => {
  const stored = oauth ? { oauth: { ...oauth, tokenUrl: oauth.tokenUrl.href } } : { username, password };
  return keyRing.encrypt(Buffer.from(JSON.stringify(stored)), contextOf(tenantId));
};

/** Returns the stored details. @throws {Error} if no key of the ring decrypts the credentials */
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
