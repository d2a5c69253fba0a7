import { z } from "zod";
import { defineFeature, defineSettings } from "#platform/feature";
import { count, list } from "#platform/setting-kinds";
import { AccessTokens } from "./access-tokens.ts";
import { keySetRoutes } from "./key-set.routes.ts";
import { SigningKeys } from "./signing-keys.ts";

/** Access tokens, and the keys that sign them. */
export const tokensFeature = defineFeature({
  name: "tokens",
  config: defineSettings({
    variables: {
      JWT_ALGORITHM: z.enum(["EdDSA", "ES256", "RS256", "HS256"]).default("EdDSA"),
      JWT_ISSUER: z.string().optional(),
      JWT_AUDIENCE: z.string().default("portcullis"),
      AUDIENCES: list
        .refine((audiences) => audiences.every((audience) => audience.length <= 200), "at most 200 characters each")
        .optional(),
      ACCESS_TOKEN_SECONDS: count(30, 86_400).default(900),
    },
    read: (env, { publicUrl }) => ({
      settings: {
        tokens: {
          algorithm: env.JWT_ALGORITHM,
          issuer: env.JWT_ISSUER ?? publicUrl,
          audience: env.JWT_AUDIENCE,
          accessTokenSeconds: env.ACCESS_TOKEN_SECONDS,
          audiences: env.AUDIENCES ?? [],
        },
        audiences: env.AUDIENCES ?? [],
      },
    }),
  }),
  services: ({ db, clock, ids, keyRing, config }) => {
    const signingKeys = new SigningKeys({ db, clock, keyRing, ...config.tokens });
    return { signingKeys, accessTokens: new AccessTokens({ keys: signingKeys, clock, ids, ...config.tokens }) };
  },
  routes: ({ signingKeys: keys, config }) => [
    (app) => keySetRoutes(app, { keys, issuer: config.tokens.issuer, publicUrl: config.publicUrl }),
  ],
  lifecycle: ({ signingKeys: keys, database }) => ({
    async prepare() {
      await keys.start();
      await keys.follow(database);
    },
  }),
});
