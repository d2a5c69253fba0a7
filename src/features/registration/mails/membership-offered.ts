import { z } from "zod";
import { readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To the owner of an account: a company wants to add them. */
export const MEMBERSHIP_OFFERED = defineMail({
  name: "membership-offered",
  secret: null,
  budget: "ANONYMOUS",
  data: z.object({ name: readerName, company: text }),
  en: ({ product, company }) => ({
    subject: "A company wants to add your account",
    body: [
      `An admin of “${company}” wants to add your ${product} account to that company.`,
      "An account belongs to one company for now, so nothing has changed and there is nothing to do. The admin was not told that you have an account.",
    ],
  }),
  de: ({ product, company }) => ({
    subject: "Eine Firma möchte Ihr Konto hinzufügen",
    body: [
      `ein Administrator von „${company}“ möchte Ihr ${product}-Konto dieser Firma hinzufügen.`,
      "Ein Konto gehört zurzeit zu einer Firma. Deshalb hat sich nichts geändert, und Sie müssen nichts tun. Der Administrator hat nicht erfahren, dass Sie ein Konto haben.",
    ],
  }),
});
