import type { DevicesService } from "#features/devices/index";
import {
  type AddressLogin,
  type Candidate,
  type CodeProof,
  type DeliveryRequest,
  type LoginFlow,
  LoginOutdated,
  type LoginRisk,
  type LoginStep,
  type LoginStrategy,
  loginOfCandidate,
  obstacleTo,
  otherFactor,
  recogniseDevice,
  type Verified,
  type VerifiedFactor,
} from "#features/login/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { Client } from "#shared/client";
import type { Factor } from "#shared/factors";
import type { SocialAccountId } from "#shared/ids";
import type { AddressProofs, Arrived, ProvedAddress } from "./address-proofs.service.ts";
import { findSocialAccount, findSocialCandidate, updateSocialAccountUsed } from "./social-accounts.repository.ts";
import type { SocialAccountsService } from "./social-accounts.service.ts";
import { emailTaken, type SocialAdmission } from "./social-admission.ts";
import type { Return, SocialVisits } from "./social-visits.service.ts";

/** A return from a provider; the token transport was given at the start. */
export type SocialLoginRequest = Return & Omit<DeliveryRequest, "transport">;

export interface SocialLoginDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly devices: Pick<DevicesService, "tokenHash" | "recognised">;
  readonly visits: Pick<SocialVisits, "comeBack">;
  readonly accounts: Pick<SocialAccountsService, "isOpen">;
  readonly admission: Pick<SocialAdmission, "findHolder" | "admit">;
  readonly addressProofs: Pick<AddressProofs, "begin" | "verify" | "isToken" | "resend">;
  readonly risk: LoginRisk;
  readonly flow: Pick<LoginFlow, "logIn">;
}

/** The state of a login by an account at a provider. */
interface Coming extends Arrived {
  /** Set once a mailed code has verified the address. */
  readonly proof: ProvedAddress | null;
  readonly trustDevice: boolean;
}

/**
 * Login by an account at a provider: it is one factor, in place of the password, and the following steps are the same. Besides the
 * calls of the provider, it costs one update (the authorization request), one read (the account's user), one insert into the
 * history and one transaction.
 */
export class SocialLoginService implements LoginStrategy<Coming>, AddressLogin {
  constructor(private readonly deps: SocialLoginDeps) {}

  /**
   * Continues a login after the return from a provider.
   * @throws {AppError} as `SocialVisits.comeBack`, `verify` and `LoginFlow.logIn`
   */
  async finish(request: SocialLoginRequest, client: Client): Promise<LoginStep> {
    const { flow, visits } = this.deps;
    const { deviceToken, deviceTokenInCookie } = request;
    const arrival = await visits.comeBack(request);
    const coming = {
      arrival,
      deviceToken,
      deviceTokenInCookie,
      device: client.device,
      proof: null,
      trustDevice: false,
    };
    return flow.logIn(() => this.verify(coming, client));
  }

  ownsChallenge(token: string): boolean {
    return this.deps.addressProofs.isToken(token);
  }

  /**
   * Continues a login whose address is verified by the code.
   * @throws {AppError} as `AddressProofs.verify`, `verify` and `LoginFlow.logIn`
   */
  async logIn(code: CodeProof & { readonly factor: Factor }, client: Client): Promise<LoginStep> {
    if (code.factor !== "EMAIL_CODE") throw otherFactor(code.factor);
    const arrived = await this.deps.addressProofs.verify(code, client);
    // The device name from the start of the login; the IP address is that of this request.
    const named = { ...client, device: arrived.device };
    return this.deps.flow.logIn(() => this.verify({ ...arrived, trustDevice: code.trustDevice }, named));
  }

  sendEmailCode(challenge: string, client: Client): Promise<string> {
    return this.deps.addressProofs.resend(challenge, client);
  }

  /** @throws {AppError} as `SocialAdmission.findHolder`, `SocialAdmission.admit` and `AddressProofs.begin` */
  async verify(coming: Coming, client: Client): Promise<Verified> {
    const { addressProofs, admission, db, devices } = this.deps;
    const { arrival, proof, trustDevice: _, ...said } = coming;
    const tokenHash = devices.tokenHash(coming.deviceToken);
    const found = await findSocialCandidate(db, arrival.identity, tokenHash);
    if (found !== null) {
      const { socialAccountId, createdBySession, ...candidate } = found;
      return this.#logInBy(coming, candidate, { socialAccountId, createdBySession }, client);
    }
    const holder = await admission.findHolder(arrival, tokenHash);
    // Before the code is verified, nothing may reveal whether the address has a user, or why that user cannot log in.
    if (!arrival.identity.emailVouched && proof === null)
      return { step: await addressProofs.begin({ arrival, ...said }, holder?.user ?? null, client) };
    if (holder !== null) return this.#join(coming, holder, client);
    await admission.admit(arrival, client, proof);
    return this.verify(coming, client);
  }

  /** The account is already linked to the user. */
  #logInBy(
    coming: Coming,
    candidate: Candidate,
    account: Pick<VerifiedFactor, "createdBySession"> & { readonly socialAccountId: SocialAccountId },
    client: Client,
  ): Promise<Verified> {
    const { email } = coming.arrival.identity;
    const consume = async (tx: Db) => {
      // With the user's row locked: an account that was unlinked concurrently grants nothing.
      const at = { id: account.socialAccountId, userId: candidate.user.id };
      return (await updateSocialAccountUsed(tx, at, { email, now: this.deps.clock.now() })) ? {} : null;
    };
    return this.#loginOf(coming, candidate, { methods: ["SOCIAL"], ...account, keptIfRefused: true, consume }, client);
  }

  /** Both sides have verified the address, so it is one person. The account is linked at the end of the login, not before. */
  async #join(coming: Coming, candidate: Candidate, client: Client): Promise<Verified> {
    const { accounts, db, ids } = this.deps;
    const { arrival, proof } = coming;
    const { emailVerified: _, emailVouched: __, ...identity } = arrival.identity;
    const { user } = candidate;
    const isShut = !(await accounts.isOpen(db, user.id, arrival.provider));
    if (isShut && obstacleTo(user, candidate.homeStatus) === null) {
      // A concurrent call may have linked this account since the look-up.
      if ((await findSocialAccount(db, arrival.identity)) !== null) throw new LoginOutdated("ACCOUNT_CHANGED");
      if (proof) await db.transaction((tx) => proof.use(tx));
      throw emailTaken();
    }
    const pendingLink = { ...identity, provider: arrival.provider, email: identity.email ?? "" };
    const account = { methods: ["SOCIAL"], socialAccountId: ids.next<SocialAccountId>(), pendingLink } as const;
    return this.#loginOf(coming, candidate, { ...account, consume: async () => ({}) }, client);
  }

  async #loginOf(coming: Coming, candidate: Candidate, account: VerifiedFactor, client: Client): Promise<Verified> {
    const { devices, risk } = this.deps;
    const { arrival, proof, trustDevice } = coming;
    const { user, deviceId } = candidate;
    const address: VerifiedFactor | null = proof && {
      methods: ["EMAIL_CODE"],
      consume: async (tx) => {
        await proof.use(tx);
        return {};
      },
    };
    const login = {
      ...loginOfCandidate(candidate),
      ...recogniseDevice(devices, { ...coming, transport: arrival.transport }, deviceId),
      ...{ client, trustDevice, identifier: user.emailCanonical },
      risk: await risk.assess(user, client, deviceId !== null),
      factors: address ? [account, address] : [account],
    };
    return { login };
  }
}
