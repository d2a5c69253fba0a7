import { badInput } from "#shared/errors";
import type { Factor } from "#shared/factors";
import { parseBackupCode } from "./backup-code/backup-codes.policy.ts";
import { parseCode } from "./email-code/email-codes.policy.ts";
import { parseTotpCode } from "./totp/totp-codes.ts";

/** The factors whose proof is a code that the user enters. */
export type CodeFactor = Exclude<Factor, "PASSKEY">;

const FORMS: Readonly<Record<CodeFactor, { readonly parse: (typed: string) => unknown; readonly wanted: string }>> = {
  TOTP: { parse: parseTotpCode, wanted: "Enter the six digits that the app shows." },
  EMAIL_CODE: { parse: parseCode, wanted: "Enter the six digits from the mail." },
  BACKUP_CODE: { parse: parseBackupCode, wanted: "Enter one of the backup codes, such as 3K7QD-9XW2M." },
};

/**
 * Rejects malformed codes before they are counted, because a typing error is not a guess.
 *
 * @throws {AppError} BAD_USER_INPUT
 */
export const requireCodeForm = (factor: CodeFactor, typed: string, path: string): void => {
  const { parse, wanted } = FORMS[factor];
  if (parse(typed) === null) throw badInput({ path, message: wanted });
};
