import { z } from "zod";
import { moment, readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To the owner of an account, after an attempt to register with their address. */
export const ALREADY_REGISTERED = defineMail({
  name: "already-registered",
  secret: null,
  budget: "ANONYMOUS",
  merged: {
    en: "a registration was requested with your address, which already has an account",
    de: "Jemand wollte sich mit Ihrer Adresse registrieren, die schon ein Konto hat",
    ar: "كانت هناك محاولة للتسجيل بعنوانك الذي له حساب بالفعل",
  },
  data: z.object({ name: readerName, at: moment }),
  next: "SIGN_IN",
  en: ({ product, at }) => ({
    subject: "You already have an account",
    body: [
      `On ${at} someone tried to register at ${product} with your address. It already belongs to your account, so no second account was created.`,
      "If that was you, simply log in with this address. If you have forgotten your password, request a new one on the login page.",
      "If it was not you, you do not need to do anything. Your account was not accessed, and the other person does not learn that it exists.",
    ],
  }),
  de: ({ product, at }) => ({
    subject: "Sie haben bereits ein Konto",
    body: [
      `am ${at} hat jemand versucht, sich mit Ihrer Adresse bei ${product} zu registrieren. Sie gehört bereits zu Ihrem Konto, deshalb wurde kein zweites angelegt.`,
      "Falls Sie das waren, melden Sie sich einfach mit dieser Adresse an. Haben Sie Ihr Passwort vergessen, fordern Sie auf der Anmeldeseite ein neues an.",
      "Falls nicht, müssen Sie nichts tun: Niemand ist in Ihr Konto gelangt, und niemand hat erfahren, dass es existiert.",
    ],
  }),
  ar: ({ product, at }) => ({
    subject: "لديك حساب بالفعل",
    body: [
      `في ${at} كانت هناك محاولة للتسجيل في ${product} بعنوانك. هذا العنوان تابع لحسابك، لذلك لم يُنشأ حساب ثانٍ.`,
      "إذا كان ذلك منك، فيكفي تسجيل الدخول بهذا العنوان. وعند نسيان كلمة المرور، يمكن طلب كلمة جديدة من صفحة تسجيل الدخول.",
      "إذا لم يكن منك، فلا يلزم أي إجراء. لم يدخل أحد إلى حسابك، ولم يعلم أحد بوجوده.",
    ],
  }),
});
