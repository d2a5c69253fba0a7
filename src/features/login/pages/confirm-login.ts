import { definePage } from "#platform/link-pages/page";
import { DENY_LOGIN } from "./deny-login.ts";

/** Confirms or denies an unfinished login. */
export const CONFIRM_LOGIN_PAGE = definePage({
  path: "confirm-login",
  setting: "CONFIRM_LOGIN_URL",
  operations: {
    confirmLogin: {
      operation:
        "mutation ($token: String!, $number: String!, $trustDevice: Boolean!) { result: confirmLogin(input: { token: $token, number: $number, trustDevice: $trustDevice }) { device { label } location { label } } }",
    },
    denyLogin: { operation: DENY_LOGIN },
  },
  texts: {
    en: {
      title: "Was that you?",
      ask: "Someone has tried to log in to your account. Our mail shows with which device, and from where. If that was you, just now, enter the number shown in the window in which you are logging in, and press “Yes”. Otherwise press “No”: the login is refused, every device is signed out, and you choose a new password.",
      actions: {
        confirmLogin: {
          button: "Yes, it was me",
          done: "Thank you, the login is confirmed: {device}. Go back to where you wanted to log in. It continues there automatically, and you can close this page.",
        },
        denyLogin: {
          button: "No, it was not me",
          done: "The login is refused, and all devices are signed out. We have sent you a mail with the link to choose a new password.",
        },
      },
      invalid:
        "This link is no longer valid: it has been used, or has expired. If you still want to log in, start again. If someone else tried to, choose a new password on the login page.",
      number: {
        label: "The two-digit number that the waiting window shows",
        trustDevice: "Trust the device that is logging in. Tick this only if it is your own.",
        missing: "Please type the two digits shown in the window in which you are logging in.",
        wrong:
          "That is not the number, so this login has ended. Log in again if it was you. If you have not just tried to log in, choose a new password on the login page, because someone else may know yours.",
      },
    },
    de: {
      title: "Waren das Sie?",
      ask: "Jemand hat versucht, sich bei Ihrem Konto anzumelden. Mit welchem Gerät und von wo, steht in unserer E-Mail. Wenn Sie das gerade selbst waren, geben Sie die Zahl ein, die das Fenster zeigt, in dem Sie sich anmelden, und drücken Sie „Ja“. Drücken Sie sonst „Nein“: Die Anmeldung wird abgelehnt, alle Geräte werden abgemeldet, und Sie wählen ein neues Passwort.",
      actions: {
        confirmLogin: {
          button: "Ja, das war ich",
          done: "Vielen Dank, die Anmeldung ist bestätigt: {device}. Kehren Sie dorthin zurück, wo Sie sich anmelden wollten. Dort geht es von selbst weiter, und Sie können diese Seite schließen.",
        },
        denyLogin: {
          button: "Nein, das war ich nicht",
          done: "Die Anmeldung ist abgelehnt, und alle Geräte sind abgemeldet. Wir haben Ihnen eine E-Mail mit dem Link geschickt, über den Sie ein neues Passwort wählen.",
        },
      },
      invalid:
        "Dieser Link gilt nicht mehr: Er wurde schon beantwortet oder ist abgelaufen. Wenn Sie sich noch anmelden möchten, beginnen Sie bitte von vorn. Hat jemand anderes es versucht, wählen Sie auf der Anmeldeseite ein neues Passwort.",
      number: {
        label: "Die zweistellige Zahl, die das wartende Fenster zeigt",
        trustDevice: "Dem Gerät vertrauen, das sich anmeldet. Nur ankreuzen, wenn es Ihr eigenes ist.",
        missing: "Bitte geben Sie die zwei Ziffern ein, die das Fenster zeigt, in dem Sie sich anmelden.",
        wrong:
          "Das ist nicht die Zahl, daher ist diese Anmeldung beendet. Wenn Sie das waren, melden Sie sich noch einmal an. Wenn Sie gerade nicht versucht haben, sich anzumelden, wählen Sie auf der Anmeldeseite ein neues Passwort: Jemand anderes könnte Ihres kennen.",
      },
    },
    ar: {
      title: "هل هذا منك؟",
      ask: "كانت هناك محاولة لتسجيل الدخول إلى حسابك. توضح رسالتنا من أي جهاز ومن أين. إذا كانت منك، الآن، فيُرجى إدخال العدد الظاهر في النافذة التي يجري فيها تسجيل الدخول والضغط على «نعم». وإلا فيُرجى الضغط على «لا»: يُرفض تسجيل الدخول، ويُسجَّل الخروج من جميع الأجهزة، ويمكنك اختيار كلمة مرور جديدة.",
      actions: {
        confirmLogin: {
          button: "نعم، هذا مني",
          done: "شكرًا، تم تأكيد تسجيل الدخول: {device}. تُرجى العودة إلى حيث بدأ تسجيل الدخول. سيستمر هناك تلقائيًا، ويمكنك إغلاق هذه الصفحة.",
        },
        denyLogin: {
          button: "لا، هذا ليس مني",
          done: "رُفض تسجيل الدخول، وسُجّل الخروج من جميع الأجهزة. أرسلنا إليك رسالة فيها رابط لاختيار كلمة مرور جديدة.",
        },
      },
      invalid:
        "لم يعد هذا الرابط صالحًا: فقد استُخدم أو انتهت صلاحيته. لمتابعة تسجيل الدخول، يُرجى البدء من جديد. وإذا كانت المحاولة من شخص آخر، فيُرجى اختيار كلمة مرور جديدة من صفحة تسجيل الدخول.",
      number: {
        label: "العدد المكوّن من رقمين الظاهر في النافذة المنتظرة",
        trustDevice: "الوثوق بالجهاز الذي يجري منه تسجيل الدخول. فقط إذا كان جهازك.",
        missing: "يُرجى إدخال الرقمين الظاهرين في النافذة التي يجري فيها تسجيل الدخول.",
        wrong:
          "هذا ليس العدد الصحيح، لذلك انتهت محاولة تسجيل الدخول. إذا كانت منك، فيُرجى تسجيل الدخول من جديد. وإذا لم تكن منك، فيُرجى اختيار كلمة مرور جديدة من صفحة تسجيل الدخول، فقد يكون هناك من يعرف كلمة مرورك.",
      },
    },
  },
});
