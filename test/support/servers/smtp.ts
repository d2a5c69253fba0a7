import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type AddressObject, type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { WAIT_TIMEOUT_MS } from "../timeouts.ts";

export interface WantedMail {
  /** The recipient's address, in any case. */
  readonly to: string;
  /** The whole subject, or a pattern for it. */
  readonly subject?: string | RegExp;
}

type Stage = "sender" | "recipient" | "content";

export interface TestSmtpServer {
  readonly url: string;
  /** The oldest matching mail that no earlier call returned; waits for it to arrive, at most `ms`. */
  waitForMail(wanted: WantedMail, ms?: number): Promise<ParsedMail>;
  /** All accepted mails, oldest first. */
  all(): readonly ParsedMail[];
  /** How often a client has tried to send a mail, accepted or not. */
  attempts(): number;
  /** Refuses the next mail with this SMTP code, by default at the recipient. */
  rejectNext(code: number, stage?: Stage): void;
  /** Responds to no client until `resume`. */
  pause(): void;
  /** The number of clients without a response yet. */
  waiting(): number;
  resume(): void;
  /** Closes all connections and the port. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  start(): Promise<void>;
}

/** Derives no text from the HTML part and no HTML from the text part, which would cost more than everything else here. */
const AS_SENT = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true };

/** A real SMTP server on a free port of this machine; it stores the mails that it receives. */
export const startSmtpServer = async (options: SMTPServerOptions = {}): Promise<TestSmtpServer> => {
  const received: ParsedMail[] = [];
  const receivedBy = new Map<string, ParsedMail[]>();
  const handedOut = new Set<ParsedMail>();
  let refusal: { code: number; stage: Stage } | null = null;
  let paused: { gate: Promise<void>; open: () => void } | null = null;
  let attempts = 0;
  let waiting = 0;
  let port = 0;

  const keep = (mail: ParsedMail): void => {
    received.push(mail);
    for (const reader of readersOf(mail)) receivedBy.set(reader, [...(receivedBy.get(reader) ?? []), mail]);
  };

  const answer = async (stage: Stage | null, callback: (error?: Error) => void): Promise<void> => {
    waiting += 1;
    await paused?.gate;
    waiting -= 1;
    if (refusal === null || refusal.stage !== stage) return callback();
    const { code } = refusal;
    refusal = null;
    // As real servers do, the response quotes the recipient, which must not get into the logs.
    callback(Object.assign(new Error(`refused <reader@quoted.example>`), { responseCode: code }));
  };

  const createServer = (): SMTPServer => {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      disableReverseLookup: true,
      closeTimeout: 50,
      onConnect: (_session, callback) => void answer(null, callback),
      onMailFrom: (_address, _session, callback) => {
        attempts += 1;
        void answer("sender", callback);
      },
      onRcptTo: (_address, _session, callback) => void answer("recipient", callback),
      onData: async (stream, _session, callback) => {
        // A client may be killed in the middle of sending its mail.
        const mail = await simpleParser(stream, AS_SENT).catch(() => null);
        if (mail === null) return callback();
        await answer("content", (error) => {
          if (error === undefined) keep(mail);
          callback(error);
        });
      },
      ...options,
    });
    server.on("error", () => undefined); // a client that disconnected, which the tests do on purpose
    return server;
  };

  let server: SMTPServer;
  const start = async (): Promise<void> => {
    server = createServer();
    const listener = server.listen(port, "127.0.0.1");
    await once(listener, "listening");
    port = (listener.address() as AddressInfo).port;
  };
  const resume = (): void => {
    paused?.open();
    paused = null;
  };
  const stop = async (): Promise<void> => {
    resume();
    await new Promise<void>((resolve) => server.close(resolve));
  };
  await start();

  return {
    url: `smtp://127.0.0.1:${port}`,
    all: () => received,
    attempts: () => attempts,
    async waitForMail(wanted, ms = WAIT_TIMEOUT_MS) {
      const deadline = performance.now() + ms;
      for (;;) {
        const candidates = receivedBy.get(wanted.to.toLowerCase()) ?? [];
        const mail = candidates.find((candidate) => !handedOut.has(candidate) && fits(candidate, wanted));
        if (mail !== undefined) {
          handedOut.add(mail);
          return mail;
        }
        if (performance.now() > deadline)
          throw new Error(`No mail ${describe(wanted)} within ${ms} ms. ${summary(received)}`);
        await delay(10);
      }
    },
    rejectNext(code, stage = "recipient") {
      refusal = { code, stage };
    },
    pause() {
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      paused = { gate, open };
    },
    waiting: () => waiting,
    resume,
    stop,
    start,
  };
};

/** The addresses in a mail's To header. */
export const readersOf = ({ to }: ParsedMail): string[] =>
  [to ?? []]
    .flat()
    .flatMap(({ value }: AddressObject) => value)
    .map(({ address = "" }) => address.toLowerCase());

/** The first web address in a mail's text. */
export const linkIn = ({ text }: ParsedMail): string => {
  const link = /https?:\/\/\S+/.exec(text ?? "")?.[0];
  if (link === undefined) throw new Error("The mail does not contain a link.");
  return link;
};

/** The token in the fragment of a link, after the route of a hash-routed page. */
export const linkTokenOf = (url: string): string => /[#?&]token=([\w-]+)$/.exec(new URL(url).hash)?.[1] ?? "";

const fits = (mail: ParsedMail, { subject }: WantedMail): boolean => {
  if (subject === undefined) return true;
  return typeof subject === "string" ? mail.subject === subject : subject.test(mail.subject ?? "");
};

const describe = ({ to, subject }: WantedMail): string => `to ${to}${subject === undefined ? "" : ` “${subject}”`}`;

const summary = (mails: readonly ParsedMail[]): string =>
  `Received: ${mails.map((mail) => `${readersOf(mail)} “${mail.subject}”`).join("; ") || "nothing"}.`;
