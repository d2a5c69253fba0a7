import { expect } from "vitest";
import { newPassword, type SignedInUser } from "../../support/factories/users.ts";
import { type BrowserProfile, type WebApp, WebPage } from "./page.ts";

type Account = Pick<SignedInUser, "email" | "password">;

const LOG_IN = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }";

/** Opens a page in a new profile that is signed in by the cookie, without the steps of the sign-in page. */
export const openAs = async (
  web: WebApp,
  { email: identifier, password }: Account,
  path: string,
  visitor?: BrowserProfile,
): Promise<WebPage> => {
  const profile = await web.newProfile(visitor);
  const input = { identifier, password, transport: "COOKIE" };
  const answer = await profile.request.post(new URL("/graphql", web.origin).href, {
    headers: { origin: web.origin },
    data: { query: LOG_IN, variables: { input } },
  });
  expect(await answer.json()).toEqual({ data: { login: { __typename: "LoginSuccess" } } });
  return WebPage.open(profile, new URL(path, web.origin).href);
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
  const profile = await web.newProfile(visitor);
  const cookie = { name: "__Host-portcullis_refresh", value: client.refreshToken ?? "" };
  const { hostname: domain } = new URL(web.origin);
  await profile.addCookies([{ ...cookie, domain, path: "/", httpOnly: true, secure: true, sameSite: "Strict" }]);
  return WebPage.open(profile, new URL(path, web.origin).href);
};

/** Fills the form of the sign-in page. */
export const enterPassword = async (page: WebPage, { email, password }: Account): Promise<void> => {
  await page.shows("Sign in");
  await page.type("E-mail address or username", email);
  await page.type("Password", password);
  await page.enter();
};

/** A new device after three failures is unusual, wherever it is. */
export const enterUnusually = async (page: WebPage, account: Account): Promise<void> => {
  for (let failures = 0; failures < 3; failures++) {
    await enterPassword(page, { ...account, password: newPassword() });
    await page.says("The address or the password is wrong.");
  }
  await enterPassword(page, account);
};

/** Answers the step-up dialog with the password. */
export const confirmWithPassword = async (
  page: WebPage,
  { password }: Pick<SignedInUser, "password">,
): Promise<void> => {
  await page.shows("Confirm that it is you");
  await page.type("Your password", password);
  await page.enter();
};
