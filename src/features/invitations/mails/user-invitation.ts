import { z } from "zod";
import { text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To an invited address. It may quote the tenant's name, because the inviting admin has a verified address and is on record. */
export const USER_INVITATION = defineMail({
  name: "user-invitation",
  secret: "link",
  budget: "ANONYMOUS",
  data: z.object({ company: text }),
  en: ({ product, company, expires }) => ({
    subject: `You are invited to ${product}`,
    body: [
      `An admin of “${company}” invites you to ${product}.`,
      "Choose a password to accept.",
      { button: "Accept the invitation" },
      `The link works once, until ${expires}.`,
      "You do not know who invites you? Then ignore this mail. Without your acceptance, no account is created.",
    ],
  }),
  de: ({ product, company, expires }) => ({
    subject: `Sie sind zu ${product} eingeladen`,
    body: [
      `ein Administrator von „${company}“ lädt Sie zu ${product} ein.`,
      "Wählen Sie ein Passwort, um die Einladung anzunehmen.",
      { button: "Einladung annehmen" },
      `Der Link funktioniert einmal, bis ${expires}.`,
      "Sie wissen nicht, wer Sie einlädt? Dann ignorieren Sie diese E-Mail. Solange Sie nicht annehmen, entsteht kein Konto.",
    ],
  }),
  ar: ({ product, company, expires }) => ({
    subject: `دعوة إلى ${product}`,
    body: [
      `تدعوك إدارة «${company}» إلى ${product}.`,
      "لقبول الدعوة، يُرجى اختيار كلمة مرور.",
      { button: "قبول الدعوة" },
      `يعمل الرابط مرة واحدة، حتى ${expires}.`,
      "إذا كانت الجهة الداعية مجهولة لك، فيُرجى تجاهل هذه الرسالة. لن يُنشأ أي حساب من دون قبولك.",
    ],
  }),
});
