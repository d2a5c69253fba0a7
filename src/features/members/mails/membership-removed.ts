import { z } from "zod";
import { readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To a user whose membership an admin removed. */
export const MEMBERSHIP_REMOVED = defineMail({
  name: "membership-removed",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, company: text }),
  en: ({ product, company }) => ({
    subject: "You are no longer a member of a company",
    body: [
      `An admin of “${company}” removed your ${product} account from that company. You no longer have access to it.`,
      "Your account and your other memberships are not affected.",
    ],
  }),
  de: ({ product, company }) => ({
    subject: "Sie gehören einer Firma nicht mehr an",
    body: [
      `ein Administrator von „${company}“ hat Ihr ${product}-Konto aus dieser Firma entfernt. Sie können dort nicht mehr arbeiten.`,
      "Ihr Konto und Ihre anderen Mitgliedschaften bleiben, wie sie sind.",
    ],
  }),
  ar: ({ product, company }) => ({
    subject: "انتهت عضويتك في إحدى الشركات",
    body: [
      `أزالت إدارة «${company}» حسابك في ${product} من الشركة، ولم يعد بإمكانك الوصول إليها.`,
      "لا يؤثر ذلك في حسابك ولا في عضوياتك الأخرى.",
    ],
  }),
});
