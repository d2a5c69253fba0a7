import type { App } from "#app/app";
import {
  JWKS_MAX_AGE_SECONDS,
  JWKS_STALE_WHILE_REVALIDATE_SECONDS,
  type KeyRevocation,
  SAFE_ACTIVATION_SECONDS,
  UnknownSigningKeyError,
} from "#features/tokens/index";
import { type Command, print, readArguments, UsageError } from "./command.ts";
import { readTime } from "./times.ts";
import { withApp } from "./with-app.ts";

const MAX_SECONDS = 30 * 86_400;

export const rotateKeys: Command = {
  async run(args) {
    const { values } = readArguments(args, {
      options: { "activate-in": { type: "string" }, revoke: { type: "string" }, since: { type: "string" } },
    });
    if (values.revoke !== undefined) {
      if (values["activate-in"] !== undefined) throw new UsageError("--revoke and --activate-in exclude each other.");
      return revoke(values.revoke, values.since === undefined ? null : readTime(values.since, "--since"));
    }
    if (values.since !== undefined) throw new UsageError("--since requires --revoke.");
    const seconds = readSeconds(values["activate-in"]);
    return withApp(async (app) => {
      const { kid, activeFrom, previousRetiresAt } = await app.signingKeys.rotate(seconds);
      print(`New key ${kid}`);
      print(`  is published now and signs from ${activeFrom.toISOString()} on.`);
      print(`  The previous key stays published until ${previousRetiresAt.toISOString()}.`);
      if (seconds < SAFE_ACTIVATION_SECONDS)
        print(
          `  Services that cache the keys for up to ${SAFE_ACTIVATION_SECONDS} s may refuse new tokens until they fetch them again.`,
        );
      return (await reencrypt(app)) ? 0 : 1;
    });
  },
};

/** Revokes a leaked key. With `since`, also suspends changes that may have been made with it since then. */
const revoke = (kid: string, since: Date | null): Promise<number> =>
  withApp(async (app) => {
    const signer = await revokeKey(app, kid, since !== null);
    if (signer) reportRevoked(kid, signer);
    return since === null ? 0 : suspendSince(app, since);
  });

/** With `allowMissing`, a missing key counts as revoked by an earlier run. */
const revokeKey = async (
  { signingKeys: keys }: App,
  kid: string,
  allowMissing: boolean,
): Promise<KeyRevocation | null> => {
  try {
    return await keys.revoke(kid);
  } catch (error) {
    if (!allowMissing || !(error instanceof UnknownSigningKeyError)) throw error;
    print(`There is no signing key ${kid}. Unless it was revoked before, check the spelling and run this again.`);
    return null;
  }
};

const reportRevoked = (kid: string, signer: KeyRevocation): void => {
  print(`Revoked: ${kid}. Every replica now refuses its tokens; clients refresh theirs.`);
  print(signer.isNew ? `New key ${signer.kid} is now used for signing.` : `Key ${signer.kid} is now used for signing.`);
  print(
    `  Services that verify tokens themselves accept the old ones for up to ${JWKS_MAX_AGE_SECONDS + JWKS_STALE_WHILE_REVALIDATE_SECONDS} s, until they fetch the keys again.`,
  );
};

const suspendSince = async ({ leakedKey }: App, since: Date): Promise<number> => {
  const { users, changes, invitations, addressTaken } = await leakedKey.suspendSince(since);
  print(`All elevations have ended. Suspended: ${changes} changes of ${users} users, who are notified by mail.`);
  print(`Void: ${invitations} open invitations that grant more than the role MEMBER.`);
  for (const id of addressTaken)
    print(
      `  User ${id}: the former address now belongs to another user. The account is suspended and needs your attention.`,
    );
  return addressTaken.length === 0 ? 0 : 1;
};

/**
 * Re-encrypts all long-lived secrets with the newest key of SECRET_KEYS, so that older keys can be removed. Done in the same
 * command, because operators who rotate a key want everything renewed and would forget a second step.
 *
 * @returns whether everything could be decrypted
 */
const reencrypt = async ({ signingKeys: keys, totp, sap }: App): Promise<boolean> => {
  const outcomes = [await keys.reencrypt(), await totp.reencrypt(), await sap.reencrypt()];
  const total = (count: "renewed" | "unreadable") => outcomes.reduce((sum, outcome) => sum + outcome[count], 0);
  print(`Re-encrypted with the first key of SECRET_KEYS: ${total("renewed")}.`);
  if (total("unreadable") > 0)
    print(`Cannot be decrypted with any key of SECRET_KEYS: ${total("unreadable")}. Add the missing key again.`);
  return total("unreadable") === 0;
};

const readSeconds = (text: string | undefined): number => {
  if (text === undefined) return SAFE_ACTIVATION_SECONDS;
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > MAX_SECONDS)
    throw new UsageError(`--activate-in requires seconds, 0 to ${MAX_SECONDS}.`);
  return seconds;
};
