import { definePage } from "#platform/link-pages/page";

/** Confirms or undoes a change of address. */
export const UNDO_EMAIL_CHANGE_PAGE = definePage({
  path: "undo-email-change",
  setting: "UNDO_EMAIL_CHANGE_URL",
  operations: {
    keepEmailChange: {
      operation: "mutation ($token: String!) { result: keepEmailChange(input: { token: $token }) { email } }",
      cookies: true,
    },
    undoEmailChange: {
      operation:
        "mutation ($token: String!, $proof: UndoEmailChangeProof) { result: undoEmailChange(input: { token: $token, proof: $proof }) { email } }",
      cookies: true,
    },
  },
  texts: {
    en: {
      title: "Did you change your address?",
      ask: "The e-mail address of your account was changed, or is about to be. If that was you, press “Yes”: then the change can no longer be undone. If it was not you, press “No”: your account gets its old address back, and every device is signed out. Either answer works on a device that you used before the change.",
      actions: {
        keepEmailChange: {
          button: "Yes, that was me",
          done: "Thank you. The change stays, and this link can no longer undo it. You can close this page.",
        },
        undoEmailChange: {
          button: "No, undo the change",
          done: "Done: your account belongs to {email} again, and all devices are signed out. We have sent you a mail with the link to choose a new password.",
        },
      },
      invalid:
        "This link is no longer valid: it has been used, or has expired. If your account still has an address that is not yours, please contact us.",
      older: {
        password: "Your password before the change",
        code: "Or a code from your authenticator app",
        asked:
          "This device was not known before the change. To undo it, give the password that you had a week ago, or a code from your authenticator app; or open the link on a device that you used then.",
      },
    },
    de: {
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
      older: {
        password: "Ihr Passwort vor der Änderung",
        code: "Oder ein Code aus Ihrer Authenticator-App",
        asked:
          "Dieses Gerät war vor der Änderung nicht bekannt. Um sie rückgängig zu machen, geben Sie das Passwort ein, das Sie vor einer Woche hatten, oder einen Code aus Ihrer Authenticator-App; oder öffnen Sie den Link auf einem Gerät, das Sie damals benutzt haben.",
      },
    },
    ar: {
      title: "هل تغيير العنوان منك؟",
      ask: "تم تغيير عنوان البريد الإلكتروني لحسابك، أو هو على وشك التغيير. إذا كان ذلك منك، فيُرجى الضغط على «نعم»: عندئذ لا يمكن التراجع عن التغيير. وإذا لم يكن منك، فيُرجى الضغط على «لا»: يستعيد حسابك عنوانه القديم، ويُسجَّل الخروج من جميع الأجهزة. تعمل كلتا الإجابتين على جهاز استُخدم قبل التغيير.",
      actions: {
        keepEmailChange: {
          button: "نعم، هذا مني",
          done: "شكرًا. يبقى التغيير، ولم يعد هذا الرابط يتيح التراجع عنه. يمكنك إغلاق هذه الصفحة.",
        },
        undoEmailChange: {
          button: "لا، التراجع عن التغيير",
          done: "تم: عاد حسابك إلى {email}، وسُجّل الخروج من جميع الأجهزة. أرسلنا إليك رسالة فيها رابط لاختيار كلمة مرور جديدة.",
        },
      },
      invalid:
        "لم يعد هذا الرابط صالحًا: فقد استُخدم أو انتهت صلاحيته. إذا كان لحسابك ما زال عنوان ليس لك، فيُرجى التواصل معنا.",
      older: {
        password: "كلمة مرورك قبل التغيير",
        code: "أو رمز من تطبيق المصادقة",
        asked:
          "لم يكن هذا الجهاز معروفًا قبل التغيير. للتراجع عنه، يُرجى إدخال كلمة المرور التي كانت لديك قبل أسبوع، أو رمز من تطبيق المصادقة، أو فتح الرابط على جهاز استُخدم حينها.",
      },
    },
  },
});
