import { z } from "zod";
import { defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { count, list } from "#platform/setting-kinds";
import { readRelyingParty } from "./second-factors/passkey/relying-party.ts";

export const loginSettings = defineSettings({
  variables: {
    LOGIN_ATTEMPT_DAYS: setting(count(31, 3_650).default(90), {
      subject: "Retention and exports",
      description: "How long login attempts are kept, in whole months: a month is deleted when all of it is older.",
      example: "180",
    }),
    LOGIN_ALERT_PER_MINUTE: setting(count(1, 1_000_000).default(600), {
      subject: "Login limits",
      description:
        "If one replica counts this many failed logins in a minute, it logs a warning and increases `portcullis_login_floods_total`. In addition, each user, network and device has its own limits.",
      example: "100",
    }),
    LOGIN_FAILURES_PER_MINUTE: setting(count(16, 10_000_000).optional(), {
      subject: "Login limits",
      description:
        "If the whole installation counts this many failed logins in a minute, logins from unknown devices are refused. Set it only during an attack, because the legitimate users of a large installation can reach such a number, too.",
      example: "1000",
      default: "never",
    }),
    PASSKEY_RP_ID: setting(z.string().optional(), {
      subject: "Passkeys",
      description:
        "The domain that passkeys are bound to: the host of `PUBLIC_URL`, or a domain above it (`example.com` for `id.example.com`), so that pages beside it can use them. After a change, existing passkeys are useless.",
      example: "example.com",
      value: "domain",
      default: "the host of `PUBLIC_URL`; no passkeys if that is an IP address, or http and not localhost",
    }),
    PASSKEY_ORIGINS: setting(list.optional(), {
      subject: "Passkeys",
      description: "The pages and apps that may use passkeys.",
      example: "https://app.example.com",
      value: "origins, or `android:apk-key-hash:…`, separated by commas",
      default: "the origin of `PUBLIC_URL`; on localhost, except in production, any port",
    }),
  },
  read: (env, { production, publicUrl }) => {
    const passkeys = { publicUrl, rpId: env.PASSKEY_RP_ID, origins: env.PASSKEY_ORIGINS, production };
    const { relyingParty, faults } = readRelyingParty(passkeys);
    return {
      settings: {
        loginAttemptDays: env.LOGIN_ATTEMPT_DAYS,
        /** Limits on failed logins for the whole installation. */
        loginLimits: {
          /** Failed logins a minute on one replica that trigger a warning in the log and the metrics. */
          alertPerMinute: env.LOGIN_ALERT_PER_MINUTE,
          /** Failed logins a minute in the whole installation above which unknown devices are rejected. Null: no limit. */
          failuresPerMinute: env.LOGIN_FAILURES_PER_MINUTE ?? null,
        },
        /** Null if no browser creates passkeys for the public URL (an IP address, or http) and no other one is configured. */
        passkeys: relyingParty,
      },
      faults,
    };
  },
});
