import { z } from "zod";
import { device, moment, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** The code that verifies an address for which the provider does not vouch. */
export const ADDRESS_CODE = defineMail({
  name: "address-code",
  secret: "code",
  // A login by a provider that does not vouch for the address may not come from its owner.
  budget: "ANONYMOUS",
  data: z.object({ at: moment, provider: text, device, ipAddress: text }),
  en: ({ product, code, at, device, ipAddress, provider, expires }) => ({
    subject: `${code} proves your e-mail address`,
    body: [
      `On ${at} a login to ${product} was started with an account at ${provider} that has this address, on “${device}”, from ${ipAddress}. This code proves that the address is yours:`,
      { code },
      `The code works once, until ${expires}. Enter it only where you started to log in. Do not share it with anyone, including us.`,
      "If that was not you, do not use the code: without it the login fails, and nothing changes.",
    ],
  }),
  de: ({ product, code, at, device, ipAddress, provider, expires }) => ({
    subject: `${code} bestätigt Ihre E-Mail-Adresse`,
    body: [
      `am ${at} hat jemand, hoffentlich Sie, begonnen, sich mit einem Konto bei ${provider}, das diese Adresse hat, mit „${device}“ von ${ipAddress} bei ${product} anzumelden. Dieser Code bestätigt, dass die Adresse Ihnen gehört:`,
      { code },
      `Der Code funktioniert einmal, bis ${expires}. Geben Sie ihn nur dort ein, wo Sie die Anmeldung begonnen haben, und nennen Sie ihn niemandem, auch uns nicht.`,
      "Das waren Sie nicht? Dann verwenden Sie den Code nicht: Ohne ihn kommt niemand hinein, und es ändert sich nichts.",
    ],
  }),
  ar: ({ product, code, at, device, ipAddress, provider, expires }) => ({
    subject: `${code} رمز لإثبات عنوان بريدك الإلكتروني`,
    body: [
      `في ${at} بدأ تسجيل دخول إلى ${product} بحساب لدى ${provider} له هذا العنوان، على «${device}»، من ${ipAddress}. هذا الرمز يثبت أن العنوان لك:`,
      { code },
      `يعمل الرمز مرة واحدة، حتى ${expires}. يُرجى إدخاله فقط حيث بدأ تسجيل الدخول، وعدم إعطائه لأي أحد، ولا لنا.`,
      "إذا لم يكن ذلك منك، فيُرجى عدم استخدام الرمز: من دونه يفشل تسجيل الدخول ولا يتغيّر شيء.",
    ],
  }),
});
