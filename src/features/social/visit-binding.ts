import type { RequestContext } from "#platform/schema/context";
import type { FinishSocialLoginInput, StartSocialLoginInput } from "./social.graphql.ts";
import { type Binding, bindingOfVerifier, isSecretLike, newSecret } from "./visit-secrets.ts";

type Cookies = Pick<RequestContext, "cookies">;

/** What a visit that begins is bound to. A browser keeps its secret while visits last, so that its tabs can leave side by side. */
export const bindingAtStart = (
  { codeChallenge }: Pick<StartSocialLoginInput, "codeChallenge">,
  { cookies }: Cookies,
): Binding => {
  if (codeChallenge != null) return { kind: "APP", challenge: codeChallenge };
  const known = cookies.get("social");
  return { kind: "BROWSER", secret: known !== null && isSecretLike(known) ? known : newSecret() };
};

/** Has the browser keep its secret until the visit is over. */
export const keepBinding = (binding: Binding, { cookies }: Cookies, expiresAt: Date): void => {
  if (binding.kind === "BROWSER") cookies.set("social", binding.secret, expiresAt);
};

/** What whoever is back shows: the verifier where there is one, else the browser's secret; null where there is neither, or it is no verifier. */
export const bindingAtReturn = (
  { codeVerifier }: Pick<FinishSocialLoginInput, "codeVerifier">,
  { cookies }: Cookies,
): Binding | null => {
  if (codeVerifier != null) return bindingOfVerifier(codeVerifier);
  const secret = cookies.get("social");
  return secret === null ? null : { kind: "BROWSER", secret };
};
