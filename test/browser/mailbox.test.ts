import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { logIn, newEmail, newPassword } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { launchChromium, visit } from "../support/servers/chromium.ts";
import { describeIf } from "../support/servers/index.ts";
import { findFreePort } from "../support/servers/ports.ts";

const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";

describeIf("chromium", "the development mailbox in a browser", (executablePath) => {
  let app: TestApp;
  let browser: Browser;
  let publicUrl: string;

  beforeAll(async () => {
    const port = await findFreePort();
    publicUrl = `http://localhost:${port}`;
    [app, browser] = await Promise.all([
      startTestApp({ settings: { PORT: `${port}`, PUBLIC_URL: publicUrl, SMTP_URL: "" } }),
      launchChromium(executablePath),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  it("takes a developer from registration to the first login, without a mail server", async () => {
    const input = { email: newEmail("dev"), password: newPassword() };
    const chosen = newPassword();
    await app.client().ask(REGISTER, { input });
    const { page, pageErrors } = await visit(browser, `${publicUrl}/dev/mailbox`);
    await reloadUntilShown(page, input.email);

    await page.getByText(input.email).click();
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Confirm your e-mail address");
    const [linkPage] = await Promise.all([
      page.waitForEvent("popup"),
      page.frameLocator("iframe").getByRole("link", { name: "Confirm my address" }).click(),
    ]);
    await linkPage.getByRole("button", { name: "Confirm my address" }).click();
    // This browser did not register, so the password is chosen here.
    await linkPage.fill("#password", chosen);
    await linkPage.fill("#repeated", chosen);
    await linkPage.click('[data-action="verifyEmail"]');
    await linkPage.getByText(`${input.email} is confirmed`).waitFor();

    await logIn(app.client(), input.email, chosen);
    expect(pageErrors).toEqual([]);
    expect(app.mail.all()).toEqual([]);
  });
});

/** Reloads until the text is shown, because the mail may arrive later and the page has no script. */
const reloadUntilShown = (page: Page, text: string): Promise<void> => {
  const reload = async () => {
    await page.reload();
    return page.getByText(text).count();
  };
  return expect.poll(reload, { interval: 100 }).toBe(1);
};
