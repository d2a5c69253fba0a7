import { pgTable, text } from "drizzle-orm/pg-core";
import type { JWK } from "jose";
import { jsonb, timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import { SIGNING_ALGORITHMS } from "./tokens.policy.ts";

/** The keys that sign access tokens. The private part is encrypted with the key ring. */
export const signingKeys = pgTable(
  "signing_keys",
  {
    kid: text("kid").primaryKey(),
    algorithm: text("algorithm", { enum: SIGNING_ALGORITHMS }).notNull(),
    /** Null for a symmetric key (HS256), which is not published. */
    publicJwk: jsonb<JWK>("public_jwk"),
    encryptedPrivateJwk: text("encrypted_private_jwk").notNull(),
    createdAt: timestamptz("created_at").notNull(),
    /** Published before this instant, signs from then on. */
    activeFrom: timestamptz("active_from").notNull(),
    /** Published until this instant, when its last token has expired. Null as long as no newer key follows. */
    retiresAt: timestamptz("retires_at"),
  },
  valueChecks,
);
