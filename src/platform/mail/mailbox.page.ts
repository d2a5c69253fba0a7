import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyPluginAsync } from "fastify";
import Handlebars from "handlebars";
import { AppError } from "#shared/errors";
import { isLoopback } from "#shared/loopback";
import type { Mailbox, ReceivedMail } from "./mailbox.transport.ts";

const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** A mail contains inline styles, no scripts, and no external resources; its links open in a new tab. */
const MAIL_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'";

const MAILBOX_ONLY_HERE = "Open the mailbox directly, at http://localhost or a loopback address.";

const asset = (name: string): string => readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8");

/**
 * /dev/mailbox: the mails that would have been sent. It shows every user's links, so it is never registered in production. It
 * only responds to its own pages and to programs on this computer: not to other pages, whatever their port, and not to a tunnel
 * that leads here under PUBLIC_URL.
 */
export const mailboxPage: FastifyPluginAsync<{ mailbox: Mailbox }> = async (app, { mailbox }) => {
  const page = Handlebars.create().compile(asset("mailbox.html"));
  const stylesheet = asset("mailbox.css");

  app.addHook("onRequest", async ({ headers }) => {
    if (!isOwnRequest(headers)) throw new AppError("FORBIDDEN", { message: MAILBOX_ONLY_HERE });
  });
  app.addHook("onSend", async (_request, reply) => {
    reply.headers({
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
      "x-content-type-options": "nosniff",
    });
  });

  app.get("/dev/mailbox", async (_request, reply) =>
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", PAGE_POLICY)
      .send(page({ mails: mailbox.list().map(forPeople) })),
  );

  app.get("/dev/mailbox.json", async () => mailbox.list().map((mail) => ({ ...mail, links: linksIn(mail) })));

  app.get("/dev/mailbox.css", async (_request, reply) => reply.type("text/css; charset=utf-8").send(stylesheet));

  app.get<{ Params: { id: string } }>("/dev/mailbox/:id", async ({ params }, reply) =>
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", PAGE_POLICY)
      .send(page({ mail: forPeople(found(mailbox, params.id)) })),
  );

  app.get<{ Params: { id: string } }>("/dev/mailbox/:id/html", async ({ params }, reply) =>
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", MAIL_POLICY)
      .send(found(mailbox, params.id).html.replace("<head>", '<head><base target="_blank">')),
  );
};

/**
 * Whether the request comes from the mailbox's own pages, the address bar, or a program that is not a browser. Different ports of
 * one host are the same site, so `same-site` means another program's page.
 */
const isOwnRequest = ({ host = "", origin, ...headers }: IncomingHttpHeaders): boolean =>
  isLoopback(host.replace(/:\d+$/, "").toLowerCase()) &&
  (origin === undefined || origin === `http://${host}`) &&
  (["same-origin", "none", undefined].includes(headers["sec-fetch-site"] as string | undefined) ||
    isNavigation(headers));

/** A followed link, such as that of the first login: the linking page learns nothing from it. */
const isNavigation = (headers: IncomingHttpHeaders): boolean =>
  headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";

const found = (mailbox: Mailbox, id: string): ReceivedMail => {
  const mail = mailbox.find(id);
  if (mail === null) throw new AppError("NOT_FOUND");
  return mail;
};

const forPeople = (mail: ReceivedMail) => ({
  ...mail,
  at: mail.receivedAt.toISOString().replace("T", " ").slice(0, 19),
  links: linksIn(mail),
});

const linksIn = ({ text }: ReceivedMail): string[] => text.match(/https?:\/\/\S+/g) ?? [];
