import type { CreatedChallenge } from "#features/challenges/index";
import type { UserId } from "#shared/ids";
import { NO_RISK } from "#shared/risk";
import type { BuiltApp } from "../servers/app.ts";
import { CLIENT } from "./stored-users.ts";

/** A login of this user that any second factor can finish, in the state after the password. */
export const beginChallenge = async (
  { app }: Pick<BuiltApp, "app">,
  { id }: { readonly id: string },
): Promise<CreatedChallenge> => {
  const { challenges, db, devices, users } = app;
  const user = await users.get(id as UserId);
  return db.transaction((tx) =>
    challenges.create(tx, {
      user,
      recognised: devices.resolveDevice(null, null),
      reason: "SECOND_FACTOR_ENABLED",
      factors: ["TOTP", "PASSKEY", "EMAIL_CODE", "BACKUP_CODE"],
      methods: ["PASSWORD"],
      identifier: user.emailCanonical,
      client: CLIENT,
      risk: NO_RISK,
      delivery: { transport: "BODY", deviceInCookie: false },
    }),
  );
};
