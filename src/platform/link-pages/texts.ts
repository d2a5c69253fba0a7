import type { Locale } from "../../shared/locales.ts";

export const LINK_PAGES = [
  "verify-email",
  "confirm-email-change",
  "reset-password",
  "undo-email-change",
  "confirm-login",
  "cancel-factor-reset",
  "accept-invitation",
  "activate",
] as const;

export type LinkPage = (typeof LINK_PAGES)[number];

/** What the buttons of each page do: the mutations that the page's script sends. */
interface LinkActions extends Record<LinkPage, string> {
  "verify-email": "verifyEmail";
  "confirm-email-change": "confirmEmailChange";
  "reset-password": "resetPassword";
  "undo-email-change": "keepEmailChange" | "undoEmailChange";
  "confirm-login": "confirmLogin" | "denyLogin";
  "cancel-factor-reset": "cancelFactorReset";
  "accept-invitation": "acceptInvitation";
  activate: "verifyEmail";
}

/** What one page says. */
interface PageTexts<Action extends string> {
  readonly title: string;
  readonly ask: string;
  /** The buttons, the first one on top. `{email}` and `{login}` are filled in by the page's script. */
  readonly actions: Readonly<Record<Action, { readonly button: string; readonly done: string }>>;
  /** Instead of what all pages say. */
  readonly invalid?: string;
}

/** What all pages say. */
interface CommonTexts {
  readonly newPassword: string;
  readonly repeatPassword: string;
  readonly showPasswords: string;
  readonly working: string;
  /** After a password turned out to be needed. */
  readonly choose: string;
  readonly invalid: string;
  readonly missing: string;
  readonly mismatch: string;
  readonly empty: string;
  readonly refused: string;
  readonly limited: string;
  readonly failed: string;
  /** What the page asks for where the device is not one from before the change. */
  readonly olderPassword: string;
  readonly olderCode: string;
  readonly older: string;
  readonly noScript: string;
}

type Texts = CommonTexts & { readonly pages: { readonly [Page in LinkPage]: PageTexts<LinkActions[Page]> } };

export const TEXTS: Readonly<Record<Locale, Texts>> = {
  en: {
    newPassword: "New password",
    repeatPassword: "The same again",
    showPasswords: "Show what I type",
    working: "One moment …",
    choose:
      "You did not register in this browser, so please choose a password for your account. Then press the button once more.",
    invalid:
      "This link is no longer valid: it has been used, replaced by a newer one, or has expired. Ask for a new one.",
    missing: "This page has lost its link. Open it once more from your mail.",
    mismatch: "The two passwords are not the same.",
    empty: "Please type the new password in both fields.",
    refused: "This password cannot be used. Please choose another one.",
    limited: "There were too many attempts. Please wait a little, then try again.",
    failed: "That did not work just now. Please try again shortly.",
    olderPassword: "Your password before the change",
    olderCode: "Or a code from your authenticator app",
    older:
      "This device was not known before the change. To undo it, give the password that you had a week ago, or a code from your authenticator app; or open the link on a device that you used then.",
    noScript: "This page needs JavaScript. Please switch it on, or open the link in another browser.",
    pages: {
      "verify-email": {
        title: "Confirm your e-mail address",
        ask: "You opened the link from our mail. Press the button to confirm that the address is yours.",
        actions: {
          verifyEmail: {
            button: "Confirm my address",
            done: "Thank you: {email} is confirmed. You can close this page and log in.",
          },
        },
      },
      "confirm-email-change": {
        title: "Confirm your new e-mail address",
        ask: "You opened the link from our mail. Press the button to confirm that the new address is yours.",
        actions: {
          confirmEmailChange: {
            button: "Confirm my address",
            done: "Thank you: {email} is confirmed, and your account has it now. You can close this page.",
          },
        },
      },
      "reset-password": {
        title: "Choose a new password",
        ask: "Choose a new password for your account. Every device that is signed in now will be signed out.",
        actions: {
          resetPassword: {
            button: "Set new password",
            done: "Your new password is set, and all devices are signed out. You can close this page and log in.",
          },
        },
      },
      "undo-email-change": {
        title: "Did you change your address?",
        ask: "The e-mail address of your account was changed, or is about to be. If that was you, press “Yes”: then nobody can take the change back. If it was not you, press “No”: your account gets its old address back, and every device is signed out. Either answer works on a device that you used before the change.",
        actions: {
          keepEmailChange: {
            button: "Yes, that was me",
            done: "Thank you. The change stays, and this link undoes nothing any more. You can close this page.",
          },
          undoEmailChange: {
            button: "No, undo the change",
            done: "Done: your account belongs to {email} again, and all devices are signed out. We have sent you a mail with the link to choose a new password.",
          },
        },
        invalid:
          "This link is no longer valid: it has been used, or has expired. If your account still has an address that is not yours, please get in touch with us.",
      },
      "confirm-login": {
        title: "Was that you?",
        ask: "Somebody has tried to log in to your account. Our mail says with which device, and from where. Press “Yes” only if that was you, just now. Otherwise press “No”: the login is refused, every device is signed out, and you choose a new password.",
        actions: {
          confirmLogin: {
            button: "Yes, it was me",
            done: "Thank you, the login is confirmed: {login}. Go back to where you wanted to log in. It goes on there by itself, and you can close this page.",
          },
          denyLogin: {
            button: "No, it was not me",
            done: "The login is refused, and all devices are signed out. We have sent you a mail with the link to choose a new password.",
          },
        },
        invalid:
          "This link is no longer valid: it has been answered, or has expired. If you still want to log in, begin once more. If somebody else tried to, choose a new password on the login page.",
      },
      "cancel-factor-reset": {
        title: "Stop the reset of your second factors",
        ask: "Somebody asked us to reset the second factors of your account. If that was not you, press the button: they stay as they are.",
        actions: {
          cancelFactorReset: {
            button: "Stop the reset",
            done: "The reset is stopped. If you did not ask for it, choose a new password: somebody else knows it.",
          },
        },
      },
      "accept-invitation": {
        title: "Accept the invitation",
        ask: "You opened the link from our mail. Choose a password to accept the invitation.",
        actions: {
          acceptInvitation: {
            button: "Accept the invitation",
            done: "Welcome: {email} is confirmed, and your password is set. You can close this page and log in.",
          },
        },
        invalid:
          "This link is no longer valid: it has been used, replaced by a newer one, or has expired. Ask whoever invited you for a new one.",
      },
      activate: {
        title: "Activate your company’s account",
        ask: "You opened the link from our mail. Press the button only if it was you who registered the company.",
        actions: {
          verifyEmail: {
            button: "Activate the account",
            done: "Thank you: {email} is confirmed, and the account is active. You can close this page and log in.",
          },
        },
        invalid:
          "This link is no longer valid: it has been used, or has expired. If the account is not active yet, register the company once more.",
      },
    },
  },
  de: {
    newPassword: "Neues Passwort",
    repeatPassword: "Noch einmal dasselbe",
    showPasswords: "Eingabe anzeigen",
    working: "Einen Moment …",
    choose:
      "Sie haben sich nicht in diesem Browser registriert. Bitte wählen Sie ein Passwort für Ihr Konto und drücken Sie die Schaltfläche noch einmal.",
    invalid:
      "Dieser Link gilt nicht mehr: Er wurde schon benutzt, durch einen neueren ersetzt oder ist abgelaufen. Fordern Sie einen neuen an.",
    missing: "Dieser Seite fehlt ihr Link. Öffnen Sie ihn bitte noch einmal aus Ihrer E-Mail.",
    mismatch: "Die beiden Passwörter stimmen nicht überein.",
    empty: "Bitte geben Sie das neue Passwort in beide Felder ein.",
    refused: "Dieses Passwort ist nicht möglich. Bitte wählen Sie ein anderes.",
    limited: "Es gab zu viele Versuche. Bitte warten Sie ein wenig und versuchen Sie es dann noch einmal.",
    failed: "Das hat gerade nicht geklappt. Bitte versuchen Sie es gleich noch einmal.",
    olderPassword: "Ihr Passwort vor der Änderung",
    olderCode: "Oder ein Code aus Ihrer Authenticator-App",
    older:
      "Dieses Gerät war vor der Änderung nicht bekannt. Um sie rückgängig zu machen, geben Sie das Passwort ein, das Sie vor einer Woche hatten, oder einen Code aus Ihrer Authenticator-App; oder öffnen Sie den Link auf einem Gerät, das Sie damals benutzt haben.",
    noScript:
      "Diese Seite braucht JavaScript. Bitte schalten Sie es ein oder öffnen Sie den Link in einem anderen Browser.",
    pages: {
      "verify-email": {
        title: "Bestätigen Sie Ihre E-Mail-Adresse",
        ask: "Sie haben den Link aus unserer E-Mail geöffnet. Bestätigen Sie mit der Schaltfläche, dass die Adresse Ihnen gehört.",
        actions: {
          verifyEmail: {
            button: "Meine Adresse bestätigen",
            done: "Vielen Dank: {email} ist bestätigt. Sie können diese Seite schließen und sich anmelden.",
          },
        },
      },
      "confirm-email-change": {
        title: "Bestätigen Sie Ihre neue E-Mail-Adresse",
        ask: "Sie haben den Link aus unserer E-Mail geöffnet. Bestätigen Sie mit der Schaltfläche, dass die neue Adresse Ihnen gehört.",
        actions: {
          confirmEmailChange: {
            button: "Meine Adresse bestätigen",
            done: "Vielen Dank: {email} ist bestätigt und gehört jetzt zu Ihrem Konto. Sie können diese Seite schließen.",
          },
        },
      },
      "reset-password": {
        title: "Neues Passwort wählen",
        ask: "Wählen Sie ein neues Passwort für Ihr Konto. Alle Geräte, die jetzt angemeldet sind, werden abgemeldet.",
        actions: {
          resetPassword: {
            button: "Neues Passwort setzen",
            done: "Ihr neues Passwort gilt, und alle Geräte sind abgemeldet. Sie können diese Seite schließen und sich anmelden.",
          },
        },
      },
      "undo-email-change": {
        title: "Haben Sie Ihre Adresse geändert?",
        ask: "Die E-Mail-Adresse Ihres Kontos wurde geändert oder soll geändert werden. Wenn Sie das waren, drücken Sie „Ja“: Dann kann niemand die Änderung zurücknehmen. Wenn Sie das nicht waren, drücken Sie „Nein“: Ihr Konto erhält die alte Adresse zurück, und alle Geräte werden abgemeldet. Beides geht auf einem Gerät, das Sie schon vor der Änderung benutzt haben.",
        actions: {
          keepEmailChange: {
            button: "Ja, das war ich",
            done: "Vielen Dank. Die Änderung bleibt, und dieser Link macht nichts mehr rückgängig. Sie können diese Seite schließen.",
          },
          undoEmailChange: {
            button: "Nein, rückgängig machen",
            done: "Erledigt: Ihr Konto gehört wieder zu {email}, und alle Geräte sind abgemeldet. Wir haben Ihnen eine E-Mail mit dem Link geschickt, über den Sie ein neues Passwort wählen.",
          },
        },
        invalid:
          "Dieser Link gilt nicht mehr: Er wurde schon benutzt oder ist abgelaufen. Hat Ihr Konto noch eine Adresse, die nicht Ihre ist, wenden Sie sich bitte an uns.",
      },
      "confirm-login": {
        title: "Waren das Sie?",
        ask: "Jemand hat versucht, sich bei Ihrem Konto anzumelden. Mit welchem Gerät und von wo, steht in unserer E-Mail. Drücken Sie „Ja“ nur, wenn Sie das gerade selbst waren. Drücken Sie sonst „Nein“: Die Anmeldung wird abgelehnt, alle Geräte werden abgemeldet, und Sie wählen ein neues Passwort.",
        actions: {
          confirmLogin: {
            button: "Ja, das war ich",
            done: "Vielen Dank, die Anmeldung ist bestätigt: {login}. Kehren Sie dorthin zurück, wo Sie sich anmelden wollten. Dort geht es von selbst weiter, und Sie können diese Seite schließen.",
          },
          denyLogin: {
            button: "Nein, das war ich nicht",
            done: "Die Anmeldung ist abgelehnt, und alle Geräte sind abgemeldet. Wir haben Ihnen eine E-Mail mit dem Link geschickt, über den Sie ein neues Passwort wählen.",
          },
        },
        invalid:
          "Dieser Link gilt nicht mehr: Er wurde schon beantwortet oder ist abgelaufen. Wenn Sie sich noch anmelden möchten, beginnen Sie bitte von vorn. Hat jemand anderes es versucht, wählen Sie auf der Anmeldeseite ein neues Passwort.",
      },
      "cancel-factor-reset": {
        title: "Zurücksetzen Ihrer zweiten Faktoren stoppen",
        ask: "Jemand möchte die zweiten Faktoren Ihres Kontos zurücksetzen lassen. Wenn Sie das nicht waren, drücken Sie die Schaltfläche: Sie bleiben, wie sie sind.",
        actions: {
          cancelFactorReset: {
            button: "Zurücksetzen stoppen",
            done: "Das Zurücksetzen ist gestoppt. Wenn Sie es nicht veranlasst haben, wählen Sie ein neues Passwort: Jemand anderes kennt es.",
          },
        },
      },
      "accept-invitation": {
        title: "Einladung annehmen",
        ask: "Sie haben den Link aus unserer E-Mail geöffnet. Wählen Sie ein Passwort, um die Einladung anzunehmen.",
        actions: {
          acceptInvitation: {
            button: "Einladung annehmen",
            done: "Willkommen: {email} ist bestätigt, und Ihr Passwort gilt. Sie können diese Seite schließen und sich anmelden.",
          },
        },
        invalid:
          "Dieser Link gilt nicht mehr: Er wurde schon benutzt, durch einen neueren ersetzt oder ist abgelaufen. Bitten Sie den, der Sie eingeladen hat, um einen neuen.",
      },
      activate: {
        title: "Das Konto Ihrer Firma aktivieren",
        ask: "Sie haben den Link aus unserer E-Mail geöffnet. Drücken Sie die Schaltfläche nur, wenn Sie selbst die Firma registriert haben.",
        actions: {
          verifyEmail: {
            button: "Konto aktivieren",
            done: "Vielen Dank: {email} ist bestätigt, und das Konto ist aktiv. Sie können diese Seite schließen und sich anmelden.",
          },
        },
        invalid:
          "Dieser Link gilt nicht mehr: Er wurde schon benutzt oder ist abgelaufen. Ist das Konto noch nicht aktiv, registrieren Sie die Firma noch einmal.",
      },
    },
  },
};
