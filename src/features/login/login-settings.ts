import { z } from "zod";
import { defineSettings } from "#platform/feature";
import { count, list } from "#platform/setting-kinds";
import { readRelyingParty } from "./second-factors/passkey/relying-party.ts";

export const loginSettings = defineSettings({
  variables: {
    LOGIN_ATTEMPT_DAYS: count(31, 3_650).default(90),
    LOGIN_ALERT_PER_MINUTE: count(1, 1_000_000).default(600),
    LOGIN_FAILURES_PER_MINUTE: count(16, 10_000_000).optional(),
    PASSKEY_RP_ID: z.string().optional(),
    PASSKEY_ORIGINS: list.optional(),
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
