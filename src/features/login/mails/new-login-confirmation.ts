import { z } from "zod";
import { device, moment, place, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** Asks the user to confirm or deny a login. */
export const NEW_LOGIN_CONFIRMATION = defineMail({
  name: "new-login-confirmation",
  secret: "link",
  budget: "FIRST_FACTOR",
  data: z.object({ name: readerName, at: moment, device, place, ipAddress: text }),
  en: ({ product, at, device, place, ipAddress, expires }) => ({
    subject: "Was that you? A login is waiting for your answer",
    body: [
      `Someone, hopefully you, is trying to log in to your ${product} account, and something about it is unusual:`,
      { facts: { Device: `“${device}”`, "Approximate place": place, Address: ipAddress, Time: at } },
      "The login waits for your answer. Open the page and choose “Yes, it was me” or “No, it was not me”. Opening it changes nothing yet.",
      { button: "Answer on our page" },
      `You can answer once, within one hour: until ${expires}.`,
      "The window in which you are logging in shows a two-digit number: enter it on our page. Choose “Yes” only if you have just tried to log in yourself. If it was not you, someone most likely knows your password, or has access to an account that is linked to yours. Choose “No”: we end this login, sign out every device, and send you a link to a new password.",
    ],
  }),
  de: ({ product, at, device, place, ipAddress, expires }) => ({
    subject: "Waren das Sie? Eine Anmeldung wartet auf Ihre Antwort",
    body: [
      `jemand, hoffentlich Sie, versucht, sich bei Ihrem ${product}-Konto anzumelden, und etwas daran ist ungewöhnlich:`,
      { facts: { Gerät: `„${device}“`, "Ungefährer Ort": place, Adresse: ipAddress, Zeit: at } },
      "Bis Sie geantwortet haben, kommt niemand hinein. Öffnen Sie die Seite und wählen Sie „Ja, das war ich“ oder „Nein, das war ich nicht“. Das Öffnen allein ändert noch nichts.",
      { button: "Auf unserer Seite antworten" },
      `Sie können einmal antworten, innerhalb einer Stunde: bis ${expires}.`,
      "Das Fenster, in dem Sie sich anmelden, zeigt eine Zahl mit zwei Ziffern: Diese geben Sie auf unserer Seite ein. Wählen Sie „Ja“ nur, wenn Sie gerade selbst versucht haben, sich anzumelden. Falls Sie das nicht waren, kennt vermutlich jemand Ihr Passwort oder ist in ein verknüpftes Konto gelangt. Wählen Sie „Nein“: Wir beenden diese Anmeldung, melden alle Geräte ab und schicken Ihnen einen Link zu einem neuen Passwort.",
    ],
  }),
  ar: ({ product, at, device, place, ipAddress, expires }) => ({
    subject: "هل هذا منك؟ تسجيل دخول ينتظر إجابتك",
    body: [
      `هناك محاولة لتسجيل الدخول إلى حسابك في ${product}، ونرجو أنها منك، لكن فيها أمرًا غير معتاد:`,
      { facts: { الجهاز: `«${device}»`, "الموقع التقريبي": place, "عنوان IP": ipAddress, الوقت: at } },
      "ينتظر تسجيل الدخول إجابتك. يُرجى فتح الصفحة واختيار «نعم، هذا مني» أو «لا، هذا ليس مني». فتح الصفحة وحده لا يغيّر شيئًا.",
      { button: "الإجابة في صفحتنا" },
      `يمكن الإجابة مرة واحدة خلال ساعة: حتى ${expires}.`,
      "تعرض النافذة التي يجري فيها تسجيل الدخول عددًا من رقمين: يُرجى إدخاله في صفحتنا. لا تصح الإجابة بـ«نعم» إلا إذا كانت محاولة الدخول الآن منك. وإذا لم تكن منك، فالأرجح أن هناك من يعرف كلمة مرورك أو دخل إلى حساب مرتبط بحسابك. عندئذ يُرجى اختيار «لا»: ننهي هذه المحاولة، ونسجّل الخروج من جميع الأجهزة، ونرسل إليك رابطًا لاختيار كلمة مرور جديدة.",
    ],
  }),
});
