import type { DevicesService } from "#features/devices/index";
import {
  type Candidate,
  type CodeProof,
  type DeliveryRequest,
  deliveryOf,
  type LoginCompletion,
  type LoginRisk,
  type LoginStep,
  type LoginSteps,
  obstacleTo,
} from "#features/login/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { Client } from "#shared/client";
import { AppError } from "#shared/errors";
import type { SocialAccountId } from "#shared/ids";
import type { AddressProofs, Arrived, ProvedAddress } from "./address-proofs.service.ts";
import { findSocialAccount, findSocialCandidate, updateSocialAccountUsed } from "./social-accounts.repository.ts";
import type { SocialAccountsService } from "./social-accounts.service.ts";
import { emailTaken, type SocialAdmission } from "./social-admission.ts";
import type { Return, SocialVisits } from "./social-visits.service.ts";

/** Whoever is back; how the tokens are wanted was said before. */
export type SocialLoginRequest = Return & Omit<DeliveryRequest, "transport">;

export interface SocialLoginDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly devices: Pick<DevicesService, "tokenHash" | "recognised">;
  readonly visits: Pick<SocialVisits, "comeBack">;
  readonly accounts: Pick<SocialAccountsService, "isOpen">;
  readonly admission: Pick<SocialAdmission, "findHolder" | "admit">;
  readonly addressProofs: Pick<AddressProofs, "begin" | "weigh" | "isToken" | "resend">;
  readonly risk: LoginRisk;
  readonly steps: Pick<LoginSteps, "take">;
  readonly completion: Pick<LoginCompletion, "keepOut">;
}

/** A login by an account at a provider, as far as it has come. */
interface Coming extends Arrived {
  readonly client: Client;
  /** Set once a mailed code has proved the address. */
  readonly proof: ProvedAddress | null;
  readonly trustDevice: boolean;
}

/** How often a login is begun anew because the account came to be, or changed, under it. */
const MAX_TRIES = 4;

/** Either the provider vouches for the address, or the code is used up already: nothing is left to use up. */
const NOTHING_TO_USE: ProvedAddress = { use: async () => {} };

/**
 * Logging in by an account at a provider: it is one factor, in the place of the password, and what follows is the same.
 * Beyond what the provider takes it costs one update (the visit), one read (whose account it is), one of the history, one
 * transaction.
 */
export class SocialLoginService {
  constructor(private readonly deps: SocialLoginDeps) {}

  /**
   * Answers a session, or what is still to be proved. Throws as `SocialVisits.comeBack`, `SocialAdmission.findHolder`,
   * `SocialAdmission.admit`, `AddressProofs.begin` and `LoginSteps.take`.
   */
  async finish(request: SocialLoginRequest, client: Client): Promise<LoginStep> {
    const { deviceToken, deviceTokenInCookie } = request;
    const arrival = await this.deps.visits.comeBack(request);
    const { device } = client;
    return this.#goOn({ arrival, deviceToken, deviceTokenInCookie, device, client, proof: null, trustDevice: false });
  }

  /** Whether this login waits for a mailed code before it is decided whose it is. */
  isAddressProof(token: string): boolean {
    return this.deps.addressProofs.isToken(token);
  }

  /** Goes on with a login whose address the code proves. Throws as `AddressProofs.weigh`, and as `finish`. */
  async proveAddress(code: CodeProof, client: Client): Promise<LoginStep> {
    const arrived = await this.deps.addressProofs.weigh(code, client);
    // The name that the device was given when the login began; the address is the one it ends at.
    return this.#goOn({ ...arrived, client: { ...client, device: arrived.device }, trustDevice: code.trustDevice });
  }

  sendAddressCode(challenge: string, client: Client): Promise<void> {
    return this.deps.addressProofs.resend(challenge, client);
  }

  async #goOn(coming: Coming): Promise<LoginStep> {
    let next = coming;
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const step = await this.#try(next);
      // A newcomer was created with the proof: it is used up, and the mailbox is proved all the same.
      if (step === "ADMITTED") next = { ...next, proof: next.proof && NOTHING_TO_USE };
      else if (step !== "OUTDATED") return step;
    }
    throw new AppError("SERVICE_UNAVAILABLE", { retryAfter: 1 });
  }

  async #try(coming: Coming): Promise<LoginStep | "OUTDATED" | "ADMITTED"> {
    const { addressProofs, admission, db, devices } = this.deps;
    const { arrival, client, deviceToken, proof } = coming;
    const tokenHash = devices.tokenHash(deviceToken);
    const found = await findSocialCandidate(db, arrival.identity, tokenHash);
    if (found !== null) {
      const { socialAccountId, createdBySession, ...candidate } = found;
      return this.#logInBy(coming, candidate, { socialAccountId, createdBySession });
    }
    const holder = await admission.findHolder(arrival, tokenHash);
    // Before the proof nothing tells whether the address has a user, or what keeps that user out.
    if (!arrival.identity.emailVouched && proof === null)
      return addressProofs.begin(arrivedOf(coming), holder?.user ?? null, client);
    if (holder === null) return admission.admit(arrival, client, { proof: proof ?? NOTHING_TO_USE });
    return this.#join(coming, holder);
  }

  /** The account is the user's already. */
  #logInBy(
    coming: Coming,
    candidate: Candidate,
    account: Pick<NonNullable<Awaited<ReturnType<typeof findSocialCandidate>>>, "socialAccountId" | "createdBySession">,
  ): Promise<LoginStep | "OUTDATED"> {
    const { user } = candidate;
    const { email } = coming.arrival.identity;
    return this.#take(coming, candidate, account, async (tx) => {
      // Behind the lock on the user's row: an account that was unlinked meanwhile opens nothing.
      const used = { email, now: this.deps.clock.now() };
      if (!(await updateSocialAccountUsed(tx, { id: account.socialAccountId, userId: user.id }, used)))
        throw new UnlinkedError();
    });
  }

  /** The address is proved on both sides: it is one person. The end of the login links the account, and nothing before. */
  async #join(coming: Coming, candidate: Candidate): Promise<LoginStep | "OUTDATED"> {
    const { accounts, db, ids } = this.deps;
    const { arrival, proof } = coming;
    const { emailVerified: _, emailVouched: __, ...identity } = arrival.identity;
    const { user } = candidate;
    const isShut = !(await accounts.isOpen(db, user.id, arrival.provider));
    if (isShut && obstacleTo({ ...user, tenantStatus: candidate.tenantStatus }) === null) {
      // Another caller may have linked this very account since it was looked for.
      if ((await findSocialAccount(db, arrival.identity)) !== null) return "OUTDATED";
      if (proof) await db.transaction((tx) => proof.use(tx));
      throw emailTaken();
    }
    const pendingLink = { ...identity, provider: arrival.provider, email: identity.email ?? "" };
    return this.#take(coming, candidate, { socialAccountId: ids.next<SocialAccountId>(), pendingLink });
  }

  async #take(
    { arrival: { transport }, client, deviceToken, deviceTokenInCookie, proof, trustDevice }: Coming,
    candidate: Candidate,
    account: Pick<Parameters<LoginSteps["take"]>[0], "socialAccountId" | "pendingLink" | "createdBySession">,
    use: (tx: Db) => Promise<void> = async () => {},
  ): Promise<LoginStep | "OUTDATED"> {
    const { completion, devices, risk, steps } = this.deps;
    const { user, tenantStatus, deviceId } = candidate;
    const about = {
      identifier: user.emailCanonical,
      client,
      risk: await risk.assess(user, client, deviceId !== null),
    };
    const settle = async (tx: Db): Promise<void> => {
      await Promise.all([use(tx), proof?.use(tx)]);
    };
    const obstacle = obstacleTo({ ...user, tenantStatus });
    if (obstacle) return completion.keepOut({ ...about, user }, obstacle, proof ? (tx) => proof.use(tx) : undefined);

    const device = devices.recognised(deviceToken, deviceId);
    const login = {
      ...about,
      ...account,
      candidate,
      device,
      delivery: deliveryOf({ transport, deviceToken, deviceTokenInCookie }, device),
      methods: proof ? (["SOCIAL", "EMAIL_CODE"] as const) : (["SOCIAL"] as const),
      trustDevice,
    };
    return steps.take(login, settle).catch((error: unknown) => {
      if (error instanceof UnlinkedError) return "OUTDATED" as const;
      throw error;
    });
  }
}

const arrivedOf = ({ arrival, deviceToken, deviceTokenInCookie, device }: Coming): Arrived => ({
  arrival,
  deviceToken,
  deviceTokenInCookie,
  device,
});

/** Rolls the transaction back; never leaves this file. */
class UnlinkedError extends Error {}
