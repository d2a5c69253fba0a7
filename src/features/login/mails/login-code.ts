import { z } from "zod";
import { device, moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** The code that finishes a login. */
export const LOGIN_CODE = defineMail({
  name: "login-code",
  secret: "code",
  budget: "FIRST_FACTOR",
  data: z.object({ name: readerName, at: moment, device, ipAddress: text }),
  en: ({ product, code, at, device, ipAddress, expires }) => ({
    subject: `${code} is your login code`,
    body: [
      `On ${at} somebody, hopefully you, began to log in to your ${product} account on “${device}”, from the address ${ipAddress}. This code finishes the login:`,
      { code },
      `The code works once, until ${expires}. Type it only where you began to log in, and do not share it with anyone, including us.`,
      "That was not you? Then do not use the code: without it the login fails. But somebody knows your password, so ask for a new one on the login page right away.",
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
});
