import { z } from "zod";
import { text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To an address whose registration an admin rejected. */
export const REGISTRATION_REJECTED = defineMail({
  name: "registration-rejected",
  secret: null,
  budget: "ANONYMOUS",
  data: z.object({ reason: text.nullable() }),
  en: ({ product, reason }) => ({
    subject: "Your registration was not approved",
    body: [
      `A registration at ${product} with this address was not approved, so no account was created.`,
      reason && `Reason: ${reason}`,
      "If you did not register, you do not need to do anything.",
    ],
  }),
  de: ({ product, reason }) => ({
    subject: "Ihre Registrierung wurde abgelehnt",
    body: [
      `eine Registrierung bei ${product} mit dieser Adresse wurde abgelehnt; es wurde kein Konto angelegt.`,
      reason && `Die angegebene Begründung: ${reason}`,
      "Sie haben sich nicht registriert? Dann ist nichts zu tun.",
    ],
  }),
  ar: ({ product, reason }) => ({
    subject: "لم تتم الموافقة على تسجيلك",
    body: [
      `لم تتم الموافقة على تسجيل في ${product} بهذا العنوان، لذلك لم يُنشأ أي حساب.`,
      reason && `السبب المذكور: ${reason}`,
      "إذا لم يصدر هذا التسجيل عنك، فلا يلزم أي إجراء.",
    ],
  }),
});
