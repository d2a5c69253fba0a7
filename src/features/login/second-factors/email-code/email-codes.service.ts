import { randomInt, timingSafeEqual } from "node:crypto";
import type { z } from "zod";
import { observedDevice } from "#features/devices/index";
import { findPassword } from "#features/passwords/index";
import { findUserForUpdate, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { CodeReference, Mail, MailQueue, ResolvedCode } from "#platform/mail/index";
import type { KeyRing } from "#platform/secrets";
import type { ClientInfo } from "#shared/client-info";
import { after } from "#shared/durations";
import { AppError } from "#shared/errors";
import { type AddressProofId, parseId, type UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { maskEmail } from "#shared/masked-email";
import type { Viewer } from "#shared/viewer";
import type { VerifiedFactor } from "../../flow/login.ts";
import { LOGIN_CODE } from "../../mails/login-code.ts";
import { REAUTHENTICATION_CODE } from "../../mails/reauthentication-code.ts";
import { isMfaEnabled } from "../../mfa/mfa.policy.ts";
import { findMfa } from "../../mfa/mfa.repository.ts";
import type { FactorSubject, SecondFactor } from "../second-factor.ts";
import {
  CODE_LIFETIME_MS,
  CODE_RETENTION_MS,
  CODES,
  formatCode,
  parseCode,
  refuse,
  type SendRefusal,
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
  readonly keyRing: Pick<KeyRing, "encrypt" | "decrypt">;
  readonly mails: Pick<MailQueue, "reserve" | "enqueue" | "refund">;
}

/** The recipient of a code; without an id if the address belongs to no user. */
export type CodeRecipient = Pick<User, "tenantId" | "email" | "name" | "locale"> & { readonly id: UserId | null };

/** A code to be mailed: its recipient, the login or step-up that it is for, and the requesting client. */
export interface CodeRequest {
  readonly user: CodeRecipient;
  readonly subject: CodeSubject;
  readonly client: ClientInfo;
}

/** The mail with the code, and how its data is built. */
export interface CodeMail<Data extends z.ZodObject> {
  readonly mail: Mail<Data, "code">;
  readonly dataOf: (asked: {
    readonly name: string | null;
    readonly at: Date;
    readonly device: string | null;
    readonly ipAddress: string;
  }) => z.output<Data>;
}

/** The outcome of sending a code. */
export type SendOutcome = { readonly outcome: "SENT" } | SendRefusal;

/** Codes by mail: six digits, single-use, valid for ten minutes and for one login or session. Only the newest is valid. */
export class EmailCodesService implements SecondFactor {
  constructor(private readonly deps: EmailCodesServiceDeps) {}

  /**
   * Mails a new code in the caller's transaction. If it would be too soon or too often, nothing changes. A transaction that also locks
   * the user's row must do so before, so that two callers cannot deadlock.
   */
  async send<Data extends z.ZodObject>(
    tx: Db,
    { user, subject, client }: CodeRequest,
    { mail, dataOf }: CodeMail<Data>,
  ): Promise<SendOutcome> {
    const { clock, keyRing, mails } = this.deps;
    const { name, email: to } = user;
    const { reserved, retryAfter } = await mails.reserve(tx, mail, { to });
    if (!reserved) return { outcome: "TOO_OFTEN", retryAfter };

    const sentAt = clock.now();
    const code = keyRing.encrypt(Buffer.from(formatCode(randomInt(CODES))), contextOf(subject));
    const owner = { tenantId: user.tenantId, userId: user.id };
    const expiresAt = after(sentAt, CODE_LIFETIME_MS);
    if (await upsertEmailCode(tx, { ...owner, subjectId: subject, code, sentAt, expiresAt })) {
      const { device, ipAddress } = client;
      const data = dataOf({ name, at: sentAt, device: observedDevice(device), ipAddress });
      // Identified by its send time, which never repeats, unlike the count, which starts again.
      const reference = { id: subject, number: sentAt.getTime() };
      const letter = { to, locale: toLocale(user.locale), data, code: reference };
      await mails.enqueue(tx, mail, letter, { reserved: true });
      return { outcome: "SENT" };
    }
    await mails.refund(tx, mail, { to });
    return refuse(await findEmailCode(tx, subject), sentAt);
  }

  /** Mails the code for a login. */
  sendForLogin(tx: Db, request: CodeRequest): Promise<SendOutcome> {
    return this.send(tx, request, { mail: LOGIN_CODE, dataOf: (asked) => asked });
  }

  /** Mails the code for a step-up. */
  sendForStepUp(tx: Db, request: CodeRequest): Promise<SendOutcome> {
    return this.send(tx, request, { mail: REAUTHENTICATION_CODE, dataOf: ({ name, at }) => ({ name, at }) });
  }

  /**
   * Mails the viewer a code for `reauthenticate`.
   * @throws {AppError} BAD_REQUEST if the user has a stronger proof, RATE_LIMITED with `retryAfter`
   */
  async sendForReauthentication(viewer: Viewer, client: ClientInfo): Promise<string> {
    const { userId, sessionId: subject } = viewer;
    const outcome = await this.deps.db.transaction(async (tx) => {
      const user = await findUserForUpdate(tx, userId);
      if (user === null) return "DELETED";
      if (!(await isOnlyProof(tx, userId))) return "NOT_ALLOWED";
      return { sentTo: maskEmail(user.email), ...(await this.sendForStepUp(tx, { user, subject, client })) };
    });
    if (outcome === "DELETED") throw new AppError("UNAUTHENTICATED");
    if (outcome === "NOT_ALLOWED")
      throw new AppError("BAD_REQUEST", { message: "Use your password, authenticator app or passkey instead." });
    if (outcome.outcome !== "SENT") throw new AppError("RATE_LIMITED", { retryAfter: outcome.retryAfter });
    return outcome.sentTo;
  }

  /** For the mailer at delivery: the code, or null if it was used, was replaced or has expired. */
  async resolve({ id, number }: CodeReference): Promise<ResolvedCode | null> {
    const { clock, db } = this.deps;
    const subject = parseId<CodeSubject>(id);
    const live =
      subject && (await findLiveEmailCode(db, { subjectId: subject, sentAt: new Date(number) }, clock.now()));
    return live && { code: this.#open(subject, live.code).toString(), expiresAt: live.expiresAt };
  }

  async verify(user: User, typed: string, { kind, id: subject }: FactorSubject): Promise<VerifiedFactor | null> {
    const { clock } = this.deps;
    const live = await this.#match(typed, { subject, userId: user.id });
    return (
      live && {
        methods: ["EMAIL_CODE"],
        consume: async (tx) => {
          // The user may have added a password or a second factor since the code was mailed.
          if (kind === "STEP_UP" && !(await isOnlyProof(tx, user.id))) return null;
          return (await consumeEmailCode(tx, live, clock.now())) ? {} : null;
        },
      }
    );
  }

  /**
   * Verifies the code for an address, whether or not a user has the address.
   * @returns a function that consumes the code in the transaction of the caller and returns false if it was used since; null if the
   * code is wrong
   */
  async verifyAddressCode(subject: AddressProofId, typed: string): Promise<((tx: Db) => Promise<boolean>) | null> {
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

  /** Deletes codes that can no longer be used. */
  async sweep(): Promise<void> {
    const { clock, db } = this.deps;
    const expiredBefore = after(clock.now(), -CODE_RETENTION_MS);
    while ((await deleteEmailCodesExpiredBefore(db, expiredBefore, SWEEP_BATCH)) === SWEEP_BATCH);
  }

  #open(subject: CodeSubject, code: string): Buffer {
    return this.deps.keyRing.decrypt(code, contextOf(subject));
  }
}

const contextOf = (subject: CodeSubject): string => `email-code:${subject}`;

/** Whether a mailed code is the user's only proof. For a step-up it must not replace a password or a second factor. */
const isOnlyProof = async (db: Db, userId: UserId): Promise<boolean> => {
  if ((await findPassword(db, userId)) !== null) return false;
  const mfa = await findMfa(db, userId);
  return mfa !== null && !isMfaEnabled(mfa);
};
