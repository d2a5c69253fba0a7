import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { createAuthority } from "../../support/servers/authority.ts";
import { startSmtpServer, type TestSmtpServer } from "../../support/servers/smtp.ts";
import { jobFor, mailerTo } from "./delivery.ts";
import { ALL_MAILS, AT, CODE, CODE_TEXT, LINK, LINK_URL, type MailRequest, TO } from "./samples.ts";

const RESET: MailRequest = { template: "password-reset", to: TO, locale: "en", data: { name: "Ann" }, link: LINK };
const STEP_UP: MailRequest = {
  template: "reauthentication-code",
  to: TO,
  locale: "en",
  data: { name: "Ann", at: AT },
  code: CODE,
};
const DELETED: MailRequest = { template: "account-deleted", to: TO, locale: "en", data: { name: "Ann", at: AT } };

const CATALOGUE_NAMES = ALL_MAILS.map(({ name }) => name).sort();

let smtp: TestSmtpServer;
let mailer: ReturnType<typeof mailerTo>;

beforeEach(async () => {
  smtp = await startSmtpServer();
  mailer = mailerTo(smtp.url);
});
afterEach(async () => {
  mailer.close();
  await smtp.stop();
});

describe("a queued mail", () => {
  it("keeps its Message-ID over retries, so that a duplicate delivery can be recognised", async () => {
    const job = await jobFor(DELETED);
    await mailer.deliver(job);
    await mailer.deliver(job);

    const { id } = job as { id: string };
    expect(smtp.all().map(({ messageId }) => messageId)).toEqual([`<${id}@id.example.com>`, `<${id}@id.example.com>`]);
  });

  it("contains no secret while it is queued", async () => {
    const job = await jobFor(RESET);

    expect(Object.keys(job as object).sort()).toEqual(["budget", "data", "id", "link", "locale", "template", "to"]);
    expect((job as { link: unknown }).link).toEqual({ id: "link-1" });

    const codeJob = await jobFor(STEP_UP);
    expect(Object.keys(codeJob as object).sort()).toEqual(["budget", "code", "data", "id", "locale", "template", "to"]);
    expect((codeJob as { code: unknown }).code).toEqual({ id: "challenge-1", number: 2 });
  });

  it("requests the code that it refers to", async () => {
    const asked: unknown[] = [];
    mailer = mailerTo(smtp.url, {
      async resolveCode(code) {
        asked.push(code);
        return null;
      },
    });
    await mailer.deliver(await jobFor(STEP_UP));

    expect(asked).toEqual([CODE]);
  });

  it.each([
    ["has been used or replaced", null],
    ["has expired, whatever the resolver says", { code: CODE_TEXT, expiresAt: AT }],
  ])("is dropped when its code %s", async (_why, resolved) => {
    mailer = mailerTo(smtp.url, { resolveCode: async () => resolved });
    await mailer.deliver(await jobFor(STEP_UP));

    expect(smtp.attempts()).toBe(0);
    expect(mailer.logged.join()).toContain("mail dropped");
  });

  it("is dropped when its link has been used or replaced", async () => {
    mailer = mailerTo(smtp.url, { resolveLink: async () => null });
    await mailer.deliver(await jobFor(RESET));

    expect(smtp.attempts()).toBe(0);
    expect(mailer.logged.join()).toContain("mail dropped");
  });

  it("is dropped when its link has expired, whatever the resolver says", async () => {
    mailer = mailerTo(smtp.url, { resolveLink: async () => ({ url: LINK_URL, expiresAt: AT }) });
    await mailer.deliver(await jobFor(RESET));

    expect(smtp.attempts()).toBe(0);
  });

  it("is retried if a newer version wrote it, until a replica of that version delivers it", async () => {
    const job = { ...((await jobFor(DELETED)) as object), template: "mail-of-next-year" };

    await expect(mailer.deliver(job)).rejects.toThrow();
    expect(smtp.attempts()).toBe(0);
  });

  it("is delivered if an earlier version queued it", async () => {
    await mailer.deliver({
      id: "3b241101-e2bb-4255-8caf-4136c566a962",
      template: "notice-digest",
      to: TO,
      locale: "de",
      data: { notices: [{ notice: "account-locked", count: 2, lastAt: AT.toISOString() }] },
    });

    expect((await smtp.waitForMail({ to: TO })).text).toContain("- Zu viele fehlgeschlagene Anmeldungen (2-mal,");
  });

  it("has one of the names that earlier versions used", () => {
    expect(CATALOGUE_NAMES).toEqual([
      "account-deleted", "account-locked", "account-secured", "address-code", "already-registered", "backup-code-used",
      "change-email-notice", "change-email-verify", "changes-suspended", "email-change-undone", "email-changed",
      "factor-reset-approval", "factor-reset-cancelled", "factor-reset-requested", "login-code", "membership-invitation", "membership-offered", "membership-removed",
      "mfa-changed", "mfa-locked", "new-device", "new-login-confirmation", "notice-digest", "operator-invitation",
      "password-changed", "password-reset", "reauthentication-code", "registration-approved", "registration-rejected",
      "registration-requested", "session-claimed", "session-compromised", "session-evicted", "social-account-changed",
      "step-up-failed", "tenant-activation", "user-invitation", "verify-email",
    ]); // biome-ignore format: one list
  });

  it("sends SMTP credentials only after STARTTLS", async () => {
    mailer = mailerTo(smtp.url.replace("//", "//mailer:planted-canary@"));

    await expect(mailer.deliver(await jobFor(DELETED))).rejects.toMatchObject({ permanent: false });
    expect(smtp.attempts()).toBe(0);
  });
});

describe("an encrypted connection", () => {
  let tls: TestSmtpServer;
  let logins: string[];
  const withLogin = (query: string) => `${tls.url.replace("//", "//mailer:password@")}?${query}`;

  beforeEach(async () => {
    logins = [];
    tls = await startSmtpServer({
      authOptional: false,
      disabledCommands: [],
      onAuth: ({ username = "" }, { secure }, callback) => {
        logins.push(`${username} ${secure ? "encrypted" : "in the clear"}`);
        callback(null, { user: username });
      },
    });
  });
  afterEach(() => tls.stop());

  it("is used for the login, with the TLS options of the URL", async () => {
    mailer = mailerTo(withLogin("tls.rejectUnauthorized=false"));
    await mailer.deliver(await jobFor(DELETED));

    expect(logins).toEqual(["mailer encrypted"]);
    expect(tls.all()).toHaveLength(1);
  });

  it("is verified with the configured CA only, which no other CA can replace", async () => {
    const [own, foreign] = [createAuthority("Relay"), createAuthority("Relay")];
    const relay = await startSmtpServer({ disabledCommands: [], ...own.sign("127.0.0.1"), authOptional: true });
    const folder = await mkdtemp(join(inject("runDirectory"), "smtp-"));
    const caFile = join(folder, "ca.pem");
    try {
      const url = `${relay.url}?requireTLS=true`;
      for (const [cert, taken] of [
        [foreign.cert, 0],
        [own.cert, 1],
      ] as const) {
        await writeFile(caFile, cert);
        mailer = mailerTo(url, { caFile });
        const delivered = mailer.deliver(await jobFor(DELETED));
        if (taken === 0) await expect(delivered).rejects.toMatchObject({ permanent: false });
        await delivered.catch(() => {});
        expect(relay.all()).toHaveLength(taken);
        mailer.close();
      }
      // The certificate and the options of the URL combined: the certificate is checked against the server name of the URL.
      mailer = mailerTo(`${url}&tls.servername=relay.example`, { caFile });
      await expect(mailer.deliver(await jobFor(DELETED))).rejects.toMatchObject({ permanent: false });
      expect(relay.all()).toHaveLength(1);
    } finally {
      await relay.stop();
    }
  });

  it("is refused when the certificate is not trusted", async () => {
    mailer = mailerTo(withLogin(""));

    await expect(mailer.deliver(await jobFor(DELETED))).rejects.toMatchObject({ permanent: false });
    expect(logins).toEqual([]);
  });
});

describe("a mail that the server rejects", () => {
  it.each([
    [421, "sender"],
    [451, "recipient"],
    [452, "content"],
  ] as const)("is retried after %i to the %s", async (code, stage) => {
    const job = await jobFor(RESET);
    smtp.rejectNext(code, stage);

    await expect(mailer.deliver(job)).rejects.toMatchObject({ permanent: false });
    await mailer.deliver(job);
    expect(smtp.all()).toHaveLength(1);
  });

  it("is retried when the server refuses the sender address, because the operator can correct that", async () => {
    const job = await jobFor(RESET);
    smtp.rejectNext(550, "sender");

    await expect(mailer.deliver(job)).rejects.toMatchObject({ permanent: false });
  });

  it.each([
    [550, "recipient"],
    [554, "content"],
  ] as const)("is given up after %i to the %s", async (code, stage) => {
    smtp.rejectNext(code, stage);

    await expect(mailer.deliver(await jobFor(RESET))).resolves.toBeUndefined();
    expect(smtp.all()).toHaveLength(0);
    expect(mailer.logged.join()).toContain(`${code}`);
    expect(mailer.logged.join()).toContain("mail discarded");
  });

  it.each([
    "victim@example.com\r\nBcc: other@example.com",
    "one@example.com, two@example.com",
    "Name <one@example.com>",
    "one@example.com>\r\nRCPT TO:<two@example.com",
    "nobody",
    "",
  ])("is given up unsent if its address is not exactly one address: %j", async (to) => {
    await expect(mailer.deliver(await jobFor({ ...DELETED, to }))).resolves.toBeUndefined();

    expect(smtp.attempts()).toBe(0);
    expect(mailer.logged.join()).toContain("mail discarded");
  });

  it("is retried while the server is unavailable, and arrives when it is back", async () => {
    const job = await jobFor(RESET);
    await mailer.deliver(await jobFor(DELETED)); // loses a pooled connection
    await smtp.stop();
    await expect(mailer.deliver(job)).rejects.toMatchObject({ permanent: false });

    await smtp.start();
    await mailer.deliver(job);
    expect((await smtp.waitForMail({ to: TO, subject: "Choose a new password" })).text).toContain(LINK_URL);
  });

  it("is retried when the server sends nothing for seconds", async () => {
    smtp.pause();

    await expect(mailer.deliver(await jobFor(DELETED))).rejects.toMatchObject({ permanent: false });
    expect(smtp.all()).toHaveLength(0);
  });

  it.each([
    ["link", RESET],
    ["code", STEP_UP],
  ])("leaves no address, name or %s in the logs or the error", async (_secret, request) => {
    smtp.rejectNext(550);
    await mailer.deliver(await jobFor(request));
    smtp.rejectNext(451);
    const error: unknown = await mailer.deliver(await jobFor(request)).catch((thrown: unknown) => thrown);
    await mailer.deliver(await jobFor(request));

    expect(error).toBeInstanceOf(Error);
    const told = [
      ...mailer.logged,
      (error as Error).message,
      (error as Error).stack,
      String((error as Error).cause),
    ].join("\n");
    for (const secret of [TO, "Ann", "token=", CODE_TEXT, "quoted.example"]) expect(told).not.toContain(secret);
    expect(mailer.logged).toHaveLength(2);
  });
});
