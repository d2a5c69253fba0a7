/** Why a user was sent to a provider, kept in this tab until they return. */
export type SocialIntent =
  | { readonly kind: "LOGIN"; readonly returnTo?: string | undefined; readonly tenant?: string | undefined }
  /** A signed-in user links an account; `page` finishes that, with `ADDRESS_SECRETS.socialCallback`. */
  | { readonly kind: "LINK"; readonly page: string };

const KEY = "portcullis.social-intent";

/** The page that providers send users back to, for logins and for linking. */
export const socialRedirectUri = (): string => new URL("/sign-in/callback", location.href).href;

export const keepSocialIntent = (intent: SocialIntent): void => sessionStorage.setItem(KEY, JSON.stringify(intent));

export const readSocialIntent = (): SocialIntent => {
  const stored = sessionStorage.getItem(KEY);
  return stored === null ? { kind: "LOGIN" } : (JSON.parse(stored) as SocialIntent);
};
