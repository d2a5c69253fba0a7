import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mailbox, mailboxPage } from "#platform/mail/index";
import { AT, TO } from "./samples.ts";

const mailbox = new Mailbox({ clock: { now: () => AT } });
const app = fastify();
const mail = (id: string, subject = `Subject ${id}`) => ({
  id,
  to: TO,
  subject,
  text: `Open https://id.example.com/x?token=${id}&a=1 now.`,
  html: `<!doctype html><html><head></head><body><script>alert(1)</script><a href="https://id.example.com/x?token=${id}">go</a></body></html>`,
});

beforeAll(async () => {
  await app.register(mailboxPage, { mailbox });
});
afterAll(() => app.close());

describe("the development mailbox", () => {
  it("keeps the last 200 mails, newest first, each once", async () => {
    for (let index = 0; index <= 200; index += 1) await mailbox.send(mail(`${index}`));
    await mailbox.send(mail("150"));

    const mails = (await app.inject({ url: "/dev/mailbox.json" })).json<{ id: string; links: string[] }[]>();
    expect(mails).toHaveLength(200);
    expect(mails.slice(0, 3).map(({ id }) => id)).toEqual(["150", "200", "199"]);
    expect(mails.at(-1)?.id).toBe("1");
    expect(mails[1]?.links).toEqual(["https://id.example.com/x?token=200&a=1"]);
  });

  it("lists and shows mails on pages that run no script", async () => {
    await mailbox.send(mail("evil", "<script>alert(1)</script>"));

    for (const url of ["/dev/mailbox", "/dev/mailbox/evil"]) {
      const { body, headers } = await app.inject({ url });
      expect(body).not.toContain("<script");
      expect(body).toContain("&lt;script&gt;alert(1)");
      expect(headers["content-security-policy"]).toContain("default-src 'none'; style-src 'self'");
      expect(headers["cache-control"]).toBe("no-store");
    }
  });

  it("shows a mail's HTML in a sandbox without scripts, with links that open in a new tab", async () => {
    const { body, headers } = await app.inject({ url: "/dev/mailbox/evil/html" });

    expect(headers["content-security-policy"]).toMatch(/default-src 'none';.*sandbox allow-popups/);
    expect(headers["content-security-policy"]).not.toMatch(/script|allow-scripts|allow-same-origin/);
    expect(body).toContain('<base target="_blank">');
  });

  it.each(["/dev/mailbox/nobody", "/dev/mailbox/nobody/html"])(
    "has no page for a mail that does not exist: %s",
    async (url) => {
      expect((await app.inject({ url })).statusCode).toBe(404);
    },
  );
});
