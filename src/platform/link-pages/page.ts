import type { Locale } from "#shared/locales";

/** What a button does: a GraphQL operation, whose field is named `result`. It gets those of the page's values that it declares. */
export interface PageOperation {
  /** `$token`, and what the user entered: `$newPassword`, `$proof`, `$number`, `$trustDevice`. */
  readonly operation: string;
  /** Sent with the browser's cookies, which say whether the device is known. Otherwise without any. */
  readonly cookies?: true;
}

/** What one page says. */
export interface PageTexts<Action extends string = string> {
  readonly title: string;
  readonly ask: string;
  /** The buttons, the first one on top. `{email}` and `{device}` are filled in by the page's script. */
  readonly actions: Readonly<Record<Action, { readonly button: string; readonly done: string }>>;
  /** Instead of what all pages say. */
  readonly invalid?: string;
  /** The page asks for a password if the API does, and says this. */
  readonly choosePassword?: string;
  /** The page asks for a password or code from before the change, if the API does. */
  readonly older?: { readonly password: string; readonly code: string; readonly asked: string };
  /** The page asks for the number that a waiting client shows, and whether its device is trusted. */
  readonly number?: {
    readonly label: string;
    readonly trustDevice: string;
    /** After something else than two digits. */
    readonly missing: string;
    /** After another number than the one shown. */
    readonly wrong: string;
  };
}

/** The page behind a link in a mail, for installations whose frontend has none of its own. */
export interface LinkPage<Action extends string = string> {
  /** Below the public URL, without a slash. */
  readonly path: string;
  /** The setting that names a page of the frontend to lead to instead. */
  readonly setting: `${Uppercase<string>}_URL`;
  readonly operations: Readonly<Record<Action, PageOperation>>;
  /** A password is always chosen here. */
  readonly choosesPassword?: true;
  /** The query for `{ valid }` of the token, before a password is chosen for it. */
  readonly status?: string;
  /** The operation for tokens that the first one does not know: mails of earlier versions lead here, too. */
  readonly earlier?: string;
  /** Ends the session that an operation opened: the user logs in at the app. */
  readonly endSession?: string;
  readonly texts: Readonly<Record<Locale, PageTexts<Action>>>;
}

/** Defines a page. A button without a text, and a missing language, are type errors. */
export const definePage = <const Action extends string>(page: LinkPage<Action>): LinkPage<Action> => page;
