import type { SignedInUser } from "../../support/factories/users.ts";
import type { BrowserProfile, WebApp, WebPage } from "./page.ts";

const LOG_IN = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }";

/** Opens a page in a new profile that is signed in by the cookie, without the steps of the sign-in page. */
export const openAs = async (
  web: WebApp,
  { email: identifier, password }: Pick<SignedInUser, "email" | "password">,
  path: string,
  visitor?: BrowserProfile,
): Promise<WebPage> => {
  const visit = await web.open("/sign-in", visitor);
  const variables = { input: { identifier, password, transport: "COOKIE" } };
  await visit.page.evaluate(
    async (body) => {
      await fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body });
    },
    JSON.stringify({ query: LOG_IN, variables }),
  );
  await visit.page.goto(new URL(path, web.origin).href);
  return visit;
};

/**
 * Opens a page in a new profile that continues the session of this user's client: for users whose login has more steps, such as
 * operators.
 */
export const openSessionOf = async (
  web: WebApp,
  { client }: Pick<SignedInUser, "client">,
  path: string,
  visitor?: BrowserProfile,
): Promise<WebPage> => {
  const visit = await web.open("/sign-in", visitor);
  const cookie = { name: "__Host-portcullis_refresh", value: client.refreshToken ?? "" };
  const { hostname: domain } = new URL(web.origin);
  await visit.page
    .context()
    .addCookies([{ ...cookie, domain, path: "/", httpOnly: true, secure: true, sameSite: "Strict" }]);
  await visit.page.goto(new URL(path, web.origin).href);
  return visit;
};
