import type { Locale } from "#shared/locales";

/**
 * The action of a button: a GraphQL operation, whose field is named `result`. It receives those of the page's values that it
 * declares.
 */
export interface PageOperation {
  /** Variables: `$token`, and the user's input: `$newPassword`, `$proof`, `$number`, `$trustDevice`. */
  readonly operation: string;
  /** Sent with the browser's cookies, which identify a known device. Otherwise without cookies. */
  readonly cookies?: true;
}

/** The texts of one page. */
export interface PageTexts<Action extends string = string> {
  readonly title: string;
  readonly ask: string;
  /** The buttons in their order. The page's script fills in `{email}` and `{device}`. */
  readonly actions: Readonly<Record<Action, { readonly button: string; readonly done: string }>>;
  /** Replaces the common text of all pages. */
  readonly invalid?: string;
  /** If the API asks for a password, the page shows this text and asks for one. */
  readonly choosePassword?: string;
  /** The page asks for a password or code from before the change, if the API does. */
  readonly older?: { readonly password: string; readonly code: string; readonly asked: string };
  /** The page asks for the number shown by the client that is logging in, and whether to trust its device. */
  readonly number?: {
    readonly label: string;
    readonly trustDevice: string;
    /** Shown if the input is not two digits. */
    readonly missing: string;
    /** Shown if the number is not the one that the client shows. */
    readonly wrong: string;
  };
}

/** The page behind a link in a mail, for installations whose frontend does not have one. */
export interface LinkPage<Action extends string = string> {
  /** Below the public URL, without a slash. */
  readonly path: string;
  /** The setting for the URL of a page of the frontend to use instead. */
  readonly setting: `${Uppercase<string>}_URL`;
  readonly operations: Readonly<Record<Action, PageOperation>>;
  /** This page always asks for a password. */
  readonly choosesPassword?: true;
  /** The query for `{ valid }` of the token, called before a password is chosen. */
  readonly status?: string;
  /** The operation for tokens that the first one does not know: links in mails of earlier versions open this page, too. */
  readonly earlier?: string;
  /** Ends the session that an operation opened, because the user logs in at the app. */
  readonly endSession?: string;
  readonly texts: Readonly<Record<Locale, PageTexts<Action>>>;
}

/** Defines a page. A button without a text, or a missing language, is a type error. */
export const definePage = <const Action extends string>(page: LinkPage<Action>): LinkPage<Action> => page;
