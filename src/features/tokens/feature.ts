import { z } from "zod";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { count, list } from "#platform/setting-kinds";
import { AccessTokens } from "./access-tokens.ts";
import { keySetRoutes } from "./key-set.routes.ts";
import { SigningKeys } from "./signing-keys.ts";

/** Access tokens, and the keys that sign them. */
export const tokensFeature = defineFeature({
  name: "tokens",
  config: defineSettings({
    variables: {
      JWT_ALGORITHM: setting(z.enum(["EdDSA", "ES256", "RS256", "HS256"]).default("EdDSA"), {
        subject: "Keys and tokens",
        description:
          "How access tokens are signed. `HS256` publishes no key, so other services cannot verify tokens offline.",
        example: "ES256",
      }),
      JWT_ISSUER: setting(z.string().optional(), {
        subject: "Keys and tokens",
        description: "The claim `iss` of access tokens.",
        example: "https://id.example.com",
        value: "text",
        default: "`PUBLIC_URL`",
      }),
      JWT_AUDIENCE: setting(z.string().default("portcullis"), {
        subject: "Keys and tokens",
        description: "The claim `aud` of the access tokens for this API.",
        example: "example",
        value: "text",
      }),
      AUDIENCES: setting(
        list
          .refine((audiences) => audiences.every((audience) => audience.length <= 200), "at most 200 characters each")
          .optional(),
        {
          subject: "Keys and tokens",
          description:
            "The services for which `issueAccessToken` issues tokens: the claim `aud` that each of them checks. This API refuses such tokens, except in `validateToken`.",
          example: "orders,billing",
          value: "names of at most 200 characters, separated by commas",
        },
      ),
      ACCESS_TOKEN_SECONDS: setting(count(30, 86_400).default(900), {
        subject: "Keys and tokens",
        description: "How long an access token is valid.",
        example: "300",
      }),
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
