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
    ar: "تم استخدام رمز احتياطي",
  },
  data: z.object({ name: readerName, at: moment, ipAddress: text, device, left: count }),
  next: "OPEN_APP",
  en: ({ product, at, device, ipAddress, left }) => ({
    subject: "A backup code was used",
    body: [
      `On ${at} one of the backup codes of your ${product} account was used, on “${device}”, from the address ${ipAddress}. It does not work a second time.`,
      left.plural({
        zero: "You have no backup codes left.",
        one: "You have one backup code left.",
        other: `You have ${left} backup codes left.`,
      }),
      "If that was you and few are left, create new ones in your account.",
      "If it was not you, someone has your password and your backup codes. End all sessions, change your password and create new backup codes immediately.",
    ],
  }),
  de: ({ product, at, device, ipAddress, left }) => ({
    subject: "Ein Backup-Code wurde verwendet",
    body: [
      `am ${at} wurde einer der Backup-Codes Ihres ${product}-Kontos verwendet, mit „${device}“, von der Adresse ${ipAddress}. Er funktioniert kein zweites Mal.`,
      left.plural({
        zero: "Sie haben keine Backup-Codes mehr.",
        one: "Sie haben noch einen Backup-Code.",
        other: `Sie haben noch ${left} Backup-Codes.`,
      }),
      "Falls Sie das waren und nur noch wenige übrig sind, erstellen Sie in Ihrem Konto neue.",
      "Falls nicht, hat jemand Ihr Passwort und Ihre Backup-Codes. Beenden Sie sofort alle Sitzungen, ändern Sie Ihr Passwort und erstellen Sie neue Backup-Codes.",
    ],
  }),
  ar: ({ product, at, device, ipAddress, left }) => ({
    subject: "تم استخدام رمز احتياطي",
    body: [
      `في ${at} استُخدم أحد الرموز الاحتياطية لحسابك في ${product}، على «${device}»، من العنوان ${ipAddress}. ولا يعمل هذا الرمز مرة ثانية.`,
      left.plural({
        zero: "لم يتبقَّ أي رمز احتياطي.",
        one: "تبقّى رمز احتياطي واحد.",
        two: "تبقّى رمزان احتياطيان.",
        few: `تبقّت ${left} رموز احتياطية.`,
        many: `تبقّى ${left} رمزًا احتياطيًا.`,
        other: `تبقّى ${left} رمز احتياطي.`,
      }),
      "إذا كان ذلك منك وكان المتبقي قليلًا، فيُرجى إنشاء رموز جديدة في حسابك.",
      "إذا لم يكن منك، فهناك من يملك كلمة مرورك ورموزك الاحتياطية. يُرجى فورًا إنهاء جميع الجلسات وتغيير كلمة المرور وإنشاء رموز احتياطية جديدة.",
    ],
  }),
});
