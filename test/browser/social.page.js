// What a frontend needs for social login, and no library. `ask(query, variables)` is whatever sends your GraphQL, with
// `credentials: "include"`: it answers the data, and throws where there are errors.

/** Sends the browser to the provider. It comes back to the page /signed-in of this frontend. */
export async function goToProvider(ask, provider) {
  location.assign(await startLogin(ask, provider, {}));
}

/**
 * The same where cookies do not reach the API, as in an app, or where it lies on another site: this tab keeps a verifier, and
 * nobody else finishes the login (RFC 7636).
 */
export async function goToProviderAsApp(ask, provider) {
  const codeVerifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(codeVerifier));
  sessionStorage.setItem("codeVerifier", codeVerifier);
  location.assign(await startLogin(ask, provider, { codeChallenge: base64url(new Uint8Array(digest)) }));
}

async function startLogin(ask, provider, binding) {
  const redirectUri = `${location.origin}/signed-in`;
  const input = { provider, redirectUri, transport: binding.codeChallenge ? "BODY" : "COOKIE", ...binding };
  const { startSocialLogin: started } = await ask(
    "mutation ($input: StartSocialLoginInput!) { startSocialLogin(input: $input) { authorizationUrl state } }",
    { input },
  );
  return started.authorizationUrl;
}

/** On the page /signed-in: the input of `finishSocialLogin` and of `linkSocialAccount`. Throws where the provider says no. */
export function takeCallback() {
  const { state, code, iss, error } = Object.fromEntries(new URLSearchParams(location.search));
  const codeVerifier = sessionStorage.getItem("codeVerifier") ?? undefined;
  sessionStorage.removeItem("codeVerifier");
  // The code is worth nothing from here on, and belongs neither into the history nor into a Referer.
  history.replaceState(null, "", location.pathname);
  if (error) throw new Error(error);
  return { state, code, iss, codeVerifier };
}

export async function finishLogin(ask) {
  const { finishSocialLogin } = await ask(
    `mutation ($input: FinishSocialLoginInput!) {
      finishSocialLogin(input: $input) {
        __typename
        ... on LoginSuccess { tokens { accessToken expiresIn } user { id email name } session { id authenticatedWith } }
        ... on SecondFactorRequired { challenge factors preferredFactor }
        ... on LoginConfirmationRequired { challenge expiresAt }
      }
    }`,
    { input: takeCallback() },
  );
  return finishSocialLogin;
}

/** Of a user who is signed in. */
export async function finishLinking(ask) {
  const { linkSocialAccount } = await ask(
    `mutation ($input: FinishSocialLoginInput!) {
      linkSocialAccount(input: $input) { user { id socialAccounts { provider email linkedAt } } }
    }`,
    { input: takeCallback() },
  );
  return linkSocialAccount.user;
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
