/** The `id` of the element of the hosted pages that contains the configuration. */
export const WEB_CONFIG_ID = "portcullis-config";

/** The server's configuration of the hosted pages, as JSON in each page. It is public, and the same for every user. */
export interface WebConfig {
  /** The name of the product for its users. */
  readonly product: string;
  /** The language of this page: the best supported one of the request's Accept-Language. */
  readonly locale: string;
  /** All supported languages by their BCP 47 tags, each with its own name for itself: `{ en: "English", de: "Deutsch" }`. */
  readonly locales: Readonly<Record<string, string>>;
  /** Changes with every text. Catalogues are requested with `?v=` and this version, and cached for ever. */
  readonly catalogueVersion: string;
  readonly brand: WebBrand;
  /** The app that users sign in to; pages without another destination lead there. Null if not set. */
  readonly appUrl: string | null;
  /** Where users find help; null if not set. */
  readonly supportUrl: string | null;
  /** The origins that the page may redirect to after a login (`?return_to=`), in addition to its own. */
  readonly returnOrigins: readonly string[];
  /** The fingerprint of this build of the pages. A page of an earlier build must be reloaded. */
  readonly version: string;
}

/** The look of the installation. Its colours are in the page's style sheet, as custom properties. */
export interface WebBrand {
  /** The path of the logo, for an image element; null if the installation has none. */
  readonly logo: string | null;
}
