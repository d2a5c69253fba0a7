import { z } from "zod";
import { moment, readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** The account was deleted. */
export const ACCOUNT_DELETED = defineMail({
  name: "account-deleted",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, at: moment }),
  en: ({ product, at }) => ({
    subject: "Your account was deleted",
    body: [
      `Your ${product} account was deleted on ${at}, with everything that belonged to it. All sessions have ended.`,
      "This cannot be undone. You are welcome to register again at any time.",
    ],
  }),
  de: ({ product, at }) => ({
    subject: "Ihr Konto wurde gelöscht",
    body: [
      `Ihr ${product}-Konto wurde am ${at} gelöscht, mit allem, was dazugehörte. Alle Sitzungen sind beendet.`,
      "Das lässt sich nicht rückgängig machen. Sie können sich jederzeit neu registrieren.",
    ],
  }),
});
