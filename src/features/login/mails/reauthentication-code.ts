import { z } from "zod";
import { moment, readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** The code of a step-up. */
export const REAUTHENTICATION_CODE = defineMail({
  name: "reauthentication-code",
  secret: "code",
  budget: "FIRST_FACTOR",
  data: z.object({ name: readerName, at: moment }),
  en: ({ product, code, at, expires }) => ({
    subject: `${code} confirms that it is you`,
    body: [
      `On ${at} someone, hopefully you, tried to change something in your ${product} account that only you may change. This code confirms that it is you:`,
      { code },
      `The code works once, until ${expires}. Do not share it with anyone, including us.`,
      "If that was not you, do not use the code. Someone has access to one of your sessions, so end all sessions and change your password immediately.",
    ],
  }),
  de: ({ product, code, at, expires }) => ({
    subject: `${code} bestätigt, dass Sie es sind`,
    body: [
      `am ${at} wollte jemand, hoffentlich Sie, in Ihrem ${product}-Konto etwas ändern, das nur Sie ändern dürfen. Dieser Code bestätigt, dass Sie es sind:`,
      { code },
      `Der Code funktioniert einmal, bis ${expires}. Nennen Sie ihn niemandem, auch uns nicht.`,
      "Das waren Sie nicht? Dann verwenden Sie den Code nicht. Jemand ist in eine Ihrer Sitzungen gelangt; beenden Sie deshalb sofort alle Sitzungen und ändern Sie Ihr Passwort.",
    ],
  }),
  ar: ({ product, code, at, expires }) => ({
    subject: `${code} رمز لتأكيد هويتك`,
    body: [
      `في ${at} كانت هناك محاولة، ونرجو أنها منك، لتغيير أمر في حسابك في ${product} لا يحق لغيرك تغييره. هذا الرمز يؤكد هويتك:`,
      { code },
      `يعمل الرمز مرة واحدة، حتى ${expires}. يُرجى عدم إعطائه لأي أحد، ولا لنا.`,
      "إذا لم يكن ذلك منك، فيُرجى عدم استخدام الرمز. هناك من دخل إلى إحدى جلساتك، فيُرجى فورًا إنهاء جميع الجلسات وتغيير كلمة المرور.",
    ],
  }),
});
