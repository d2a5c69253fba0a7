import { randomBytes } from "node:crypto";

/** The minimum settings for production. */
export const PRODUCTION = {
  NODE_ENV: "production",
  PUBLIC_URL: "https://id.example.com",
  MAIL_FROM: "Portcullis <no-reply@example.com>",
  SECRET_KEYS: `k1:${randomBytes(32).toString("base64")}`,
  CORS_ORIGINS: "https://app.example.com",
};
