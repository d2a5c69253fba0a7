import { z } from "zod";
import type { AuditLog } from "#features/audit/index";
import { CHALLENGE_LIFETIME_MS, challengeExpired } from "#features/challenges/index";
import {
  type CodeRecipient,
  type CodeSubmission,
  type EmailCodesService,
  type LoginAttemptLog,
  requireCodeForm,
  type SecondFactorStep,
} from "#features/login/index";
import { canonicalEmail, findUserByEmail, isUnverified, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import { afterCommit } from "#platform/database/after-commit";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import { digest } from "#platform/limits/digest";
import type { Limit, Limits } from "#platform/limits/limits";
import type { KeyRing } from "#platform/secrets";
import { signToken, type TokenPurpose, verifyToken } from "#platform/signed-token";
import type { ClientInfo } from "#shared/client-info";
import { after, DAY } from "#shared/durations";
import { AppError } from "#shared/errors";
import type { AddressProofId, TenantId } from "#shared/ids";
import { DEFAULT_LOCALE } from "#shared/locales";
import { maskEmail } from "#shared/masked-email";
import { NO_RISK } from "#shared/risk";
import { TOKEN_TRANSPORTS } from "#shared/token-transports";
import {
  type AddressProofRow,
  consumeAddressProof,
  deleteAddressProofsExpiredBefore,
  findLiveAddressProof,
  insertAddressProof,
  updateAddressProofGuesses,
} from "./address-proofs.repository.ts";
import type { AuthenticatedIdentity, KnownProviders } from "./authorization-requests.service.ts";
import { ADDRESS_CODE } from "./mails/address-code.ts";
import { addressCodeWrong } from "./social.events.ts";

const USE: TokenPurpose = { purpose: "address-proof" };

/** How many codes are compared for one login before it must be started again. */
const MAX_GUESSES = 5;

/**
 * How many consecutive wrong codes are compared for one address, over all logins (NIST SP 800-63B-4, section 3.2.2). It is not a
 * user's counter, because guesses by the owner of a provider account must not lock the user's own factors.
 */
const CONSECUTIVE = { limit: 100, window: (365 * DAY) / 1_000 };

/** How long an expired login is kept, so that a clock that is set back does not make it valid again. */
const RETENTION_MS = DAY;
const SWEEP_BATCH = 1_000;

export interface AddressProofsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: Pick<KeyRing, "sign" | "verify" | "encrypt" | "decrypt">;
  readonly limits: Pick<Limits, "consume" | "refund">;
  readonly providers: Pick<KnownProviders, "list">;
  readonly emailCodes: Pick<EmailCodesService, "send" | "verifyAddressCode">;
  readonly attempts: LoginAttemptLog;
  readonly events: Pick<AuditLog, "record">;
}

/** A person returning from a provider, and their client's device input. */
export interface PendingIdentity {
  readonly arrival: AuthenticatedIdentity;
  readonly deviceToken: string | null;
  readonly deviceTokenInCookie: boolean;
  /** At the first step: the device name given by the client. */
  readonly device: ClientInfo["device"];
}

/** A correct code; nothing has changed yet. */
export interface VerifiedAddress {
  /**
   * Consumes the login and its code in the transaction of the change that they permit. A no-op once that has committed.
   * @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED if a concurrent call was first
   */
  use(tx: Db): Promise<void>;
}

const pendingIdentitySchema = z.object({
  arrival: z.object({
    provider: z.string(),
    identity: z.object({
      issuer: z.string(),
      subject: z.string(),
      email: z.string(),
      emailVerified: z.boolean(),
      emailVouched: z.boolean(),
      name: z.string().nullable(),
    }),
    tenantId: z.custom<TenantId>((value) => typeof value === "string"),
    transport: z.enum(TOKEN_TRANSPORTS),
  }),
  deviceToken: z.string().nullable(),
  deviceTokenInCookie: z.boolean(),
  device: z.custom<ClientInfo["device"]>(),
});

/**
 * Logins whose provider does not vouch for the address. A code is mailed to every such address alike, and until it is entered,
 * nothing reveals whether the address has a user. A user is created only once the address is verified (row 33 of the attacks).
 */
export class AddressProofs {
  constructor(private readonly deps: AddressProofsDeps) {}

  /**
   * Mails the code and returns the login that waits for it. `holder` is the user with the address, if there is one.
   * @throws {AppError} RATE_LIMITED if the address was mailed too often
   */
  async create(pending: PendingIdentity, holder: User | null, client: ClientInfo): Promise<SecondFactorStep> {
    const { attempts, clock, db, ids, keyRing } = this.deps;
    const { arrival } = pending;
    const email = addressOf(arrival);
    const id = ids.next<AddressProofId>();
    const createdAt = clock.now();
    const expiresAt = after(createdAt, CHALLENGE_LIFETIME_MS);
    const retryAfter = await db.transaction(async (tx) => {
      const sent = await this.#send(tx, id, arrival, holder, client);
      if (sent.outcome !== "SENT") return sent.retryAfter;
      await insertAddressProof(tx, {
        id,
        tenantId: arrival.tenantId,
        arrival: keyRing.encrypt(Buffer.from(JSON.stringify(pending)), contextOf(id)),
        createdAt,
        expiresAt,
      });
      const identifier = canonicalEmail(email);
      await attempts.record(tx, { identifier, user: holder, client, outcome: "CHALLENGED", risk: NO_RISK });
      return null;
    });
    if (retryAfter !== null) throw new AppError("RATE_LIMITED", { retryAfter });
    const challenge = signToken(keyRing, USE, id);
    return { challenge, reason: "ADDRESS_UNPROVED", factors: ["EMAIL_CODE"], codeSentTo: maskEmail(email), expiresAt };
  }

  /** Whether the token belongs to such a login, in any state. */
  isToken(token: string): boolean {
    return this.#idOf(token) !== null;
  }

  /**
   * Mails another code.
   * @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED, RATE_LIMITED
   */
  async resend(token: string, client: ClientInfo): Promise<string> {
    const { clock, db } = this.deps;
    const id = this.#idOf(token);
    const row = id && (await findLiveAddressProof(db, id, clock.now()));
    if (!row) throw challengeExpired();
    const { arrival } = this.#open(row);
    const holder = await this.#holderOf(arrival);
    const sent = await db.transaction((tx) => this.#send(tx, row.id, arrival, holder, client));
    if (sent.outcome !== "SENT") throw new AppError("RATE_LIMITED", { retryAfter: sent.retryAfter });
    return maskEmail(addressOf(arrival));
  }

  /**
   * Compares the code, which is counted first.
   * @returns the returning person, and a function that consumes the proof
   * @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED, BAD_USER_INPUT, INVALID_CODE with `attemptsLeft`,
   * RATE_LIMITED/MFA_LOCKED
   */
  async verify(
    { challenge, code }: CodeSubmission,
    client: ClientInfo,
  ): Promise<PendingIdentity & { readonly proof: VerifiedAddress }> {
    const { clock, db, emailCodes, limits } = this.deps;
    const id = this.#idOf(challenge);
    if (id === null) throw challengeExpired();
    requireCodeForm("EMAIL_CODE", code, "input.code");
    const row = await updateAddressProofGuesses(db, id, { most: MAX_GUESSES, now: clock.now() });
    if (row === null) throw challengeExpired();
    const pending = this.#open(row);
    const consecutive = consecutiveLimit(pending.arrival);
    const { exceeded, retryAfter } = await limits.consume(db, [consecutive]);
    if (exceeded) throw new AppError("RATE_LIMITED", { reason: "MFA_LOCKED", retryAfter });
    const useCode = await emailCodes.verifyAddressCode(id, code);
    if (useCode === null) {
      await this.#noteWrong(pending.arrival, client);
      throw new AppError("INVALID_CODE", { attemptsLeft: MAX_GUESSES - row.guesses });
    }
    let isUsed = false;
    const use = async (tx: Db): Promise<void> => {
      // Already consumed by the transaction that created the user.
      if (isUsed) return;
      if (!(await consumeAddressProof(tx, id, clock.now())) || !(await useCode(tx))) throw challengeExpired();
      await limits.refund(tx, { reset: [consecutive.key] });
      afterCommit(tx, () => {
        isUsed = true;
      });
    };
    return { ...pending, proof: { use } };
  }

  /** Deletes logins that can no longer be completed. */
  async sweep(): Promise<void> {
    const { clock, db } = this.deps;
    const expiredBefore = after(clock.now(), -RETENTION_MS);
    while ((await deleteAddressProofsExpiredBefore(db, expiredBefore, SWEEP_BATCH)) === SWEEP_BATCH);
  }

  #idOf(token: string): AddressProofId | null {
    return verifyToken(this.deps.keyRing, USE, token) as AddressProofId | null;
  }

  #open({ id, arrival }: AddressProofRow): PendingIdentity {
    return pendingIdentitySchema.parse(JSON.parse(this.deps.keyRing.decrypt(arrival, contextOf(id)).toString()));
  }

  #send(tx: Db, subject: AddressProofId, arrival: AuthenticatedIdentity, holder: User | null, client: ClientInfo) {
    const { emailCodes, providers } = this.deps;
    const provider = providers.list().find(({ id }) => id === arrival.provider)?.name ?? arrival.provider;
    const user = recipientOf(arrival, holder);
    return emailCodes.send(
      tx,
      { user, subject, client },
      // Without the holder's name, because this login may come from another person whose provider account has the address.
      { mail: ADDRESS_CODE, dataOf: ({ at, device, ipAddress }) => ({ at, provider, device, ipAddress }) },
    );
  }

  async #holderOf(arrival: AuthenticatedIdentity): Promise<User | null> {
    const holder = await findUserByEmail(this.deps.db, canonicalEmail(addressOf(arrival)));
    return holder === null || isUnverified(holder) ? null : holder;
  }

  /** Records it in the history of the user with the address, if there is one. */
  async #noteWrong(arrival: AuthenticatedIdentity, client: ClientInfo): Promise<void> {
    const holder = await this.#holderOf(arrival);
    if (holder) await this.deps.events.record(this.deps.db, addressCodeWrong(holder, arrival.provider, client));
  }
}

/** The mail contains no name, because the owner of the address has not confirmed the name reported by the provider. */
const recipientOf = (arrival: AuthenticatedIdentity, holder: User | null): CodeRecipient =>
  holder ?? {
    id: null,
    tenantId: arrival.tenantId,
    email: addressOf(arrival),
    name: null,
    locale: DEFAULT_LOCALE,
  };

const addressOf = ({ identity }: AuthenticatedIdentity): string => {
  if (identity.email === null) throw new Error("The address to verify is missing.");
  return identity.email;
};

const consecutiveLimit = (arrival: AuthenticatedIdentity): Limit => ({
  key: `address-codes:${digest(canonicalEmail(addressOf(arrival)))}`,
  ...CONSECUTIVE,
});

const contextOf = (id: AddressProofId): string => `address-proof:${id}`;
