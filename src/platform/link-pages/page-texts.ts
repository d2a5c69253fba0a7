export const LINK_PAGES = [
  "verify-email",
  "confirm-email-change",
  "reset-password",
  "undo-email-change",
  "confirm-login",
  "deny-login",
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
  "deny-login": "denyLogin";
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
  /** What the page asks for where a login waits to be confirmed. */
  readonly number: string;
  readonly trustDevice: string;
  /** After something else than two digits, and after another number than the one shown. */
  readonly noNumber: string;
  readonly wrongNumber: string;
  readonly noScript: string;
}

/** All pages in one language. */
export type Texts = CommonTexts & { readonly pages: { readonly [Page in LinkPage]: PageTexts<LinkActions[Page]> } };
