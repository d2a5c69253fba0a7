import { randomInt, timingSafeEqual } from "node:crypto";
import { observedDevice } from "#features/devices/index";
import { findPassword } from "#features/passwords/index";
import { findUserForUpdate, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { CodeReference, MailQueue, MailRequest, ResolvedCode } from "#platform/mail/index";
import type { KeyRing } from "#platform/secrets";
import type { Client } from "#shared/client";
import { after } from "#shared/durations";
import { AppError } from "#shared/errors";
import { type AddressProofId, parseId, type UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import type { Viewer } from "#shared/viewer";
import { isMfaEnabled } from "../../mfa/mfa.policy.ts";
import { findMfa } from "../../mfa/mfa.repository.ts";
import type { Accepted, LoginFactor, Subject } from "../second-factor.ts";
import {
  CODE_KEPT_AFTER_EXPIRY,
  CODE_LIFETIME,
  CODES,
  formatCode,
  parseCode,
  type Refusal,
  refuse,
} from "./email-codes.policy.ts";
import {
  type CodeSubject,
  consumeEmailCode,
  deleteEmailCodesExpiredBefore,
  type EmailCodeRow,
  findEmailCode,
  findLiveEmailCode,
  findNewestLiveEmailCode,
  upsertEmailCode,
} from "./email-codes.repository.ts";

const SWEEP_BATCH = 1_000;

export interface EmailCodesServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly keys: Pick<KeyRing, "encrypt" | "decrypt">;
  readonly mails: Pick<MailQueue, "admit" | "enqueue" | "giveBack">;
}

/** To whom a code is mailed; without an id if no user has the address. */
export type CodeRecipient = Pick<User, "tenantId" | "email" | "name" | "locale"> & { readonly id: UserId | null };

/** A code to be mailed: to whom, for which login or step-up, and who asks for it. */
interface AnyCodeRequest {
  readonly user: CodeRecipient;
  readonly subject: CodeSubject;
  readonly client: Client;
}

/** And in which mail. */
export type CodeRequest =
  | (AnyCodeRequest & { readonly template: "login-code" | "reauthentication-code" })
  | (AnyCodeRequest & {
      readonly template: "address-code";
      /** What people call the provider that does not vouch for the address. */
      readonly provider: string;
    });

/** What came of it. */
export type SendOutcome = { readonly outcome: "SENT" } | Refusal;

/** Codes by mail: six digits, good for ten minutes, for one login or one session only, and once. The newest counts. */
export class EmailCodesService implements LoginFactor {
  constructor(private readonly deps: EmailCodesServiceDeps) {}

  /**
   * Mails a new code in the caller's transaction, unless it would be too soon or too often: then nothing has changed. A
   * transaction that also locks the user's row does so before, so that no two wait for each other.
   */
  async send(tx: Db, request: CodeRequest): Promise<SendOutcome> {
    const { clock, keys, mails } = this.deps;
    const { user, subject, template } = request;
    const counted = { template, to: user.email };
    const { admitted, retryAfter } = await mails.admit(tx, counted);
    if (!admitted) return { outcome: "TOO_OFTEN", retryAfter };

    const sentAt = clock.now();
    const code = keys.encrypt(Buffer.from(formatCode(randomInt(CODES))), contextOf(subject));
    const owner = { tenantId: user.tenantId, userId: user.id };
    const expiresAt = after(sentAt, CODE_LIFETIME);
    if (await upsertEmailCode(tx, { ...owner, subjectId: subject, code, sentAt, expiresAt })) {
      await this.#mail(tx, request, sentAt);
      return { outcome: "SENT" };
    }
    await mails.giveBack(tx, counted);
    return refuse(await findEmailCode(tx, subject), sentAt);
  }

  /**
   * Mails the viewer a code for `reauthenticate`. Throws BAD_REQUEST where there is something better to prove, RATE_LIMITED
   * with `retryAfter`.
   */
  async sendForReauthentication(viewer: Viewer, client: Client): Promise<void> {
    const { userId, sessionId: subject } = viewer;
    const outcome = await this.deps.db.transaction(async (tx) => {
      const user = await findUserForUpdate(tx, userId);
      if (user === null) return "DELETED";
      if (!(await isOnlyProof(tx, userId))) return "NOT_ALLOWED";
      return this.send(tx, { user, subject, template: "reauthentication-code", client });
    });
    if (outcome === "DELETED") throw new AppError("UNAUTHENTICATED");
    if (outcome === "NOT_ALLOWED")
      throw new AppError("BAD_REQUEST", { message: "Prove your password, authenticator app or passkey instead." });
    if (outcome.outcome !== "SENT") throw new AppError("RATE_LIMITED", { retryAfter: outcome.retryAfter });
  }

  /** For the mailer, when it delivers: the code, or null where it was used, was replaced or has expired. */
  async resolve({ id, number }: CodeReference): Promise<ResolvedCode | null> {
    const { clock, db } = this.deps;
    const subject = parseId<CodeSubject>(id);
    const live =
      subject && (await findLiveEmailCode(db, { subjectId: subject, sentAt: new Date(number) }, clock.now()));
    return live && { code: this.#open(subject, live.code).toString(), expiresAt: live.expiresAt };
  }

  async weigh(user: User, typed: string, { kind, id: subject }: Subject): Promise<Accepted | null> {
    const { clock } = this.deps;
    const live = await this.#match(typed, { subject, userId: user.id });
    return (
      live && {
        use: async (tx) => {
          // A password or a second factor may have come since it was mailed.
          if (kind === "STEP_UP" && !(await isOnlyProof(tx, user.id))) return null;
          return (await consumeEmailCode(tx, live, clock.now())) ? {} : null;
        },
      }
    );
  }

  /**
   * Compares the code that proves an address, whoever has the address.
   * @returns uses the code up in the transaction of what it allows, false if it was used since; null if the code is wrong
   */
  async weighAddressCode(subject: AddressProofId, typed: string): Promise<((tx: Db) => Promise<boolean>) | null> {
    const live = await this.#match(typed, { subject });
    return live && (async (tx) => (await consumeEmailCode(tx, live, this.deps.clock.now())) !== null);
  }

  async #match(
    typed: string,
    of: { readonly subject: CodeSubject; readonly userId?: UserId },
  ): Promise<EmailCodeRow | null> {
    const { clock, db } = this.deps;
    const code = parseCode(typed);
    const live = code && (await findNewestLiveEmailCode(db, of, clock.now()));
    return live && timingSafeEqual(Buffer.from(code), this.#open(of.subject, live.code)) ? live : null;
  }

  /** Deletes what nobody can use any more. */
  async sweep(): Promise<void> {
    const { clock, db } = this.deps;
    const expiredBefore = after(clock.now(), -CODE_KEPT_AFTER_EXPIRY);
    while ((await deleteEmailCodesExpiredBefore(db, expiredBefore, SWEEP_BATCH)) === SWEEP_BATCH);
  }

  /** The mail names its code by when it was sent, which never repeats; a count begins anew and would. */
  async #mail(tx: Db, request: CodeRequest, at: Date): Promise<void> {
    const { user, subject, client } = request;
    const { name, email: to } = user;
    const carried = { to, locale: toLocale(user.locale), code: { id: subject, number: at.getTime() } };
    const observed = { at, device: observedDevice(client.device), ipAddress: client.ipAddress };
    const mailOf = (): MailRequest => {
      const { template } = request;
      switch (template) {
        case "login-code":
          return { ...carried, template, data: { name, ...observed } };
        case "reauthentication-code":
          return { ...carried, template, data: { name, at } };
        case "address-code":
          return { ...carried, template, data: { provider: request.provider, ...observed } };
      }
    };
    await this.deps.mails.enqueue(tx, mailOf(), { admitted: true });
  }

  #open(subject: CodeSubject, code: string): Buffer {
    return this.deps.keys.decrypt(code, contextOf(subject));
  }
}

const contextOf = (subject: CodeSubject): string => `email-code:${subject}`;

/** Whether a code by mail is all that the user can prove: on a session it never stands in for a password or a second factor. */
const isOnlyProof = async (db: Db, userId: UserId): Promise<boolean> => {
  if ((await findPassword(db, userId)) !== null) return false;
  const mfa = await findMfa(db, userId);
  return mfa !== null && !isMfaEnabled(mfa);
};
