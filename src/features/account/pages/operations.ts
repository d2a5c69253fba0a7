/** The mutations used by several pages, and the texts of pages that may ask for a password. */
export const VERIFY_EMAIL =
  "mutation ($token: String!, $newPassword: String) { result: verifyEmail(input: { token: $token, password: $newPassword }) { ... on LoginSuccess { tokens { accessToken } } ... on EnrolmentRequired { tokens { accessToken } } } }";
export const CONFIRM_EMAIL_CHANGE =
  "mutation ($token: String!) { result: confirmEmailChange(input: { token: $token }) { email } }";

export const CHOOSE = {
  en: "You did not register in this browser, so please choose a password for your account. Then press the button again.",
  de: "Sie haben sich nicht in diesem Browser registriert. Bitte wählen Sie ein Passwort für Ihr Konto und drücken Sie die Schaltfläche noch einmal.",
  ar: "لم يجرِ التسجيل من هذا المتصفح، لذا يُرجى اختيار كلمة مرور لحسابك ثم الضغط على الزر مرة أخرى.",
};
