import type { Texts } from "./page-texts.ts";

export const GERMAN: Texts = {
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
  number: "Die zweistellige Zahl, die das wartende Fenster zeigt",
  trustDevice: "Dem Gerät vertrauen, das sich anmeldet. Nur ankreuzen, wenn es Ihr eigenes ist.",
  noNumber: "Bitte geben Sie die zwei Ziffern ein, die das Fenster zeigt, in dem Sie sich anmelden.",
  wrongNumber:
    "Das ist nicht die Zahl, daher ist diese Anmeldung beendet. Wenn Sie das waren, melden Sie sich noch einmal an. Wenn Sie gerade nicht versucht haben, sich anzumelden, wählen Sie auf der Anmeldeseite ein neues Passwort: Jemand anderes könnte Ihres kennen.",
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
      ask: "Jemand hat versucht, sich bei Ihrem Konto anzumelden. Mit welchem Gerät und von wo, steht in unserer E-Mail. Wenn Sie das gerade selbst waren, geben Sie die Zahl ein, die das Fenster zeigt, in dem Sie sich anmelden, und drücken Sie „Ja“. Drücken Sie sonst „Nein“: Die Anmeldung wird abgelehnt, alle Geräte werden abgemeldet, und Sie wählen ein neues Passwort.",
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
    "deny-login": {
      title: "Waren das nicht Sie?",
      ask: "Was in Ihrem Konto geschehen ist, mit welchem Gerät und von wo, steht in unserer E-Mail. Wenn Sie das waren, schließen Sie diese Seite: Sie müssen nichts tun. Wenn nicht, drücken Sie die Schaltfläche: Alle Geräte werden abgemeldet, und Sie wählen ein neues Passwort.",
      actions: {
        denyLogin: {
          button: "Nein, das war ich nicht",
          done: "Alle Geräte sind abgemeldet. Wir haben Ihnen eine E-Mail mit dem Link geschickt, über den Sie ein neues Passwort wählen.",
        },
      },
      invalid:
        "Dieser Link gilt nicht mehr: Er wurde schon benutzt oder ist abgelaufen. Wenn jemand anderes in Ihrem Konto sein könnte, wählen Sie auf der Anmeldeseite ein neues Passwort: Das meldet alle Geräte ab.",
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
};
