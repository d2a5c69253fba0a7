import type { RequestContext } from "#platform/schema/context";
import { type Binding, bindingOfVerifier, isSecretLike, newSecret } from "./request-secrets.ts";
import type { FinishSocialLoginInput, StartSocialLoginInput } from "./social.graphql.ts";

type Cookies = Pick<RequestContext, "cookies">;

/** Returns the binding of a new authorization request. A browser keeps one secret while any is pending, so that tabs work in parallel. */
export const bindingAtStart = (
  { codeChallenge }: Pick<StartSocialLoginInput, "codeChallenge">,
  { cookies }: Cookies,
): Binding => {
  if (codeChallenge != null) return { kind: "APP", challenge: codeChallenge };
  const known = cookies.get("social");
  return { kind: "BROWSER", secret: known !== null && isSecretLike(known) ? known : newSecret() };
};

/** Keeps the browser's secret in a cookie until the authorization request expires. */
export const keepBinding = (binding: Binding, { cookies }: Cookies, expiresAt: Date): void => {
  if (binding.kind === "BROWSER") cookies.set("social", binding.secret, expiresAt);
};

/** Returns the binding presented at the callback: the verifier, else the browser's secret; null if missing or malformed. */
export const bindingAtReturn = (
  { codeVerifier }: Pick<FinishSocialLoginInput, "codeVerifier">,
  { cookies }: Cookies,
): Binding | null => {
  if (codeVerifier != null) return bindingOfVerifier(codeVerifier);
  const secret = cookies.get("social");
  return secret === null ? null : { kind: "BROWSER", secret };
};
