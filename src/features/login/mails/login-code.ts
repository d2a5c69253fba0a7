import { z } from "zod";
import { device, moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** The code that completes a login. */
export const LOGIN_CODE = defineMail({
  name: "login-code",
  secret: "code",
  budget: "FIRST_FACTOR",
  data: z.object({ name: readerName, at: moment, device, ipAddress: text }),
  en: ({ product, code, at, device, ipAddress, expires }) => ({
    subject: `${code} is your login code`,
    body: [
      `On ${at} someone, hopefully you, started to log in to your ${product} account on “${device}”, from the address ${ipAddress}. This code completes the login:`,
      { code },
      `The code works once, until ${expires}. Enter it only where you started to log in, and do not share it with anyone, including us.`,
      "If that was not you, do not use the code: without it the login fails. But someone knows your password, so request a new one on the login page immediately.",
    ],
  }),
  de: ({ product, code, at, device, ipAddress, expires }) => ({
    subject: `${code} ist Ihr Anmeldecode`,
    body: [
      `am ${at} hat jemand, hoffentlich Sie, begonnen, sich mit „${device}“ von der Adresse ${ipAddress} bei Ihrem ${product}-Konto anzumelden. Dieser Code schließt die Anmeldung ab:`,
      { code },
      `Der Code funktioniert einmal, bis ${expires}. Geben Sie ihn nur dort ein, wo Sie die Anmeldung begonnen haben, und nennen Sie ihn niemandem, auch uns nicht.`,
      "Das waren Sie nicht? Dann verwenden Sie den Code nicht: Ohne ihn kommt niemand hinein. Jemand kennt aber Ihr Passwort; fordern Sie deshalb auf der Anmeldeseite sofort ein neues an.",
    ],
  }),
  ar: ({ product, code, at, device, ipAddress, expires }) => ({
    subject: `${code} هو رمز تسجيل الدخول`,
    body: [
      `في ${at} بدأ تسجيل دخول إلى حسابك في ${product} على «${device}»، من العنوان ${ipAddress}، ونرجو أنه منك. هذا الرمز يُكمل تسجيل الدخول:`,
      { code },
      `يعمل الرمز مرة واحدة، حتى ${expires}. يُرجى إدخاله فقط حيث بدأ تسجيل الدخول، وعدم إعطائه لأي أحد، ولا لنا.`,
      "إذا لم يكن ذلك منك، فيُرجى عدم استخدام الرمز: من دونه يفشل تسجيل الدخول. لكن هناك من يعرف كلمة مرورك، فيُرجى فورًا طلب كلمة مرور جديدة من صفحة تسجيل الدخول.",
    ],
  }),
});
