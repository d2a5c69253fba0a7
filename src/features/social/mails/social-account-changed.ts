import { z } from "zod";
import { moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** An account at a provider was linked or unlinked. */
export const SOCIAL_ACCOUNT_CHANGED = defineMail({
  name: "social-account-changed",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, at: moment, provider: text, linked: z.boolean() }),
  next: "OPEN_APP",
  en: ({ product, at, provider, linked }) => ({
    subject: "The login methods of your account were changed",
    body: [
      `On ${at} an account at ${provider} was ${linked ? "linked to" : "unlinked from"} your ${product} account. ${linked ? "It can be used to log in now" : "It can no longer be used to log in"}.`,
      "If that was you, you do not need to do anything.",
      "If it was not you, someone else has access to your account. End all sessions and change your password immediately, and then review the accounts linked to yours.",
    ],
  }),
  de: ({ product, at, provider, linked }) => ({
    subject: "Die Zugänge zu Ihrem Konto wurden geändert",
    body: [
      `am ${at} wurde ein Konto bei ${provider} ${linked ? `mit Ihrem ${product}-Konto verknüpft. Wer jenes Konto hat, kann sich damit anmelden` : `von Ihrem ${product}-Konto getrennt. Damit meldet sich niemand mehr an`}.`,
      "Falls Sie das waren, müssen Sie nichts tun.",
      "Falls nicht, ist jemand anderes in Ihr Konto gelangt. Beenden Sie sofort alle Sitzungen und ändern Sie Ihr Passwort, und prüfen Sie danach, welche Konten mit Ihrem verknüpft sind.",
    ],
  }),
  ar: ({ product, at, provider, linked }) => ({
    subject: "تغيّرت طرق تسجيل الدخول إلى حسابك",
    body: [
      `في ${at} ${linked ? `رُبط حساب لدى ${provider} بحسابك في ${product}. ويمكن الآن تسجيل الدخول به` : `أُلغي ربط حساب لدى ${provider} بحسابك في ${product}. ولم يعد تسجيل الدخول به ممكنًا`}.`,
      "إذا كان ذلك منك، فلا يلزم أي إجراء.",
      "إذا لم يكن منك، فهناك من دخل إلى حسابك. يُرجى فورًا إنهاء جميع الجلسات وتغيير كلمة المرور، ثم مراجعة الحسابات المرتبطة بحسابك.",
    ],
  }),
});
