import { z } from "zod";
import { count, device, moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** A backup code was used. */
export const BACKUP_CODE_USED = defineMail({
  name: "backup-code-used",
  secret: null,
  budget: "FIRST_FACTOR",
  merged: {
    en: "a backup code was used",
    de: "Ein Backup-Code wurde verwendet",
  },
  data: z.object({ name: readerName, at: moment, ipAddress: text, device, left: count }),
  en: ({ product, at, device, ipAddress, left }) => ({
    subject: "A backup code was used",
    body: [
      `On ${at} one of the backup codes of your ${product} account was used, on “${device}”, from the address ${ipAddress}. It does not work a second time.`,
      `Backup codes you have left: ${left}.`,
      "If that was you and few are left, create new ones in your account.",
      "If it was not you, someone has your password and your backup codes. End all sessions, change your password and create new backup codes immediately.",
    ],
  }),
  de: ({ product, at, device, ipAddress, left }) => ({
    subject: "Ein Backup-Code wurde verwendet",
    body: [
      `am ${at} wurde einer der Backup-Codes Ihres ${product}-Kontos verwendet, mit „${device}“, von der Adresse ${ipAddress}. Er funktioniert kein zweites Mal.`,
      `Verbleibende Backup-Codes: ${left}.`,
      "Falls Sie das waren und nur noch wenige übrig sind, erstellen Sie in Ihrem Konto neue.",
      "Falls nicht, hat jemand Ihr Passwort und Ihre Backup-Codes. Beenden Sie sofort alle Sitzungen, ändern Sie Ihr Passwort und erstellen Sie neue Backup-Codes.",
    ],
  }),
});
