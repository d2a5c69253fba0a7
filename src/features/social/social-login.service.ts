import type { DevicesService } from "#features/devices/index";
import {
  type AddressLogin,
  accountBlockReason,
  type CodeSubmission,
  type LoginCandidate,
  type LoginFlow,
  type LoginFlowResult,
  LoginOutdated,
  type LoginRisk,
  type LoginStrategy,
  loginOfCandidate,
  otherFactor,
  resolveLoginDevice,
  type TokenDeliveryRequest,
  type Verified,
  type VerifiedFactor,
} from "#features/login/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { ClientInfo } from "#shared/client-info";
import type { Factor } from "#shared/factors";
import type { SocialAccountId } from "#shared/ids";
import { type AccountLinkingService, emailTaken } from "./account-linking.service.ts";
import type { AddressProofs, PendingIdentity, VerifiedAddress } from "./address-proofs.service.ts";
import type { AuthorizationRequestsService, CallbackInput } from "./authorization-requests.service.ts";
import { findSocialAccount, findSocialCandidate, updateSocialAccountUsed } from "./social-accounts.repository.ts";
import type { SocialAccountsService } from "./social-accounts.service.ts";

/** A return from a provider; the token transport was given at the start. */
export type SocialLoginRequest = CallbackInput & Omit<TokenDeliveryRequest, "transport">;

export interface SocialLoginDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly devices: Pick<DevicesService, "hashDeviceToken" | "resolveDevice">;
  readonly authorizationRequests: Pick<AuthorizationRequestsService, "handleCallback">;
  readonly accounts: Pick<SocialAccountsService, "isOpen">;
  readonly accountLinking: Pick<AccountLinkingService, "findHolder" | "register">;
  readonly addressProofs: Pick<AddressProofs, "create" | "verify" | "isToken" | "resend">;
  readonly risk: LoginRisk;
  readonly flow: Pick<LoginFlow, "logIn">;
}

/** The state of a login by an account at a provider. */
interface FinishedCallback extends PendingIdentity {
  /** Set once a mailed code has verified the address. */
  readonly proof: VerifiedAddress | null;
  readonly trustDevice: boolean;
}

/**
 * Login by an account at a provider: it is one factor, in place of the password, and the following steps are the same. Besides the
 * calls of the provider, it costs one update (the authorization request), one read of the account's user, one read of the
 * login history, and one transaction.
 */
export class SocialLoginService implements LoginStrategy<FinishedCallback>, AddressLogin {
  constructor(private readonly deps: SocialLoginDeps) {}

  /**
   * Continues a login after the return from a provider.
   * @throws {AppError} as `AuthorizationRequestsService.handleCallback`, `verify` and `LoginFlow.logIn`
   */
  async finish(request: SocialLoginRequest, client: ClientInfo): Promise<LoginFlowResult> {
    const { flow, authorizationRequests } = this.deps;
    const { deviceToken, deviceTokenInCookie } = request;
    const arrival = await authorizationRequests.handleCallback(request);
    const callback = {
      arrival,
      deviceToken,
      deviceTokenInCookie,
      device: client.device,
      proof: null,
      trustDevice: false,
    };
    return flow.logIn(() => this.verify(callback, client));
  }

  ownsChallenge(token: string): boolean {
    return this.deps.addressProofs.isToken(token);
  }

  /**
   * Continues a login whose address is verified by the code.
   * @throws {AppError} as `AddressProofs.verify`, `verify` and `LoginFlow.logIn`
   */
  async logIn(code: CodeSubmission & { readonly factor: Factor }, client: ClientInfo): Promise<LoginFlowResult> {
    if (code.factor !== "EMAIL_CODE") throw otherFactor(code.factor);
    const pending = await this.deps.addressProofs.verify(code, client);
    // The device name from the start of the login; the IP address is that of this request.
    const named = { ...client, device: pending.device };
    return this.deps.flow.logIn(() => this.verify({ ...pending, trustDevice: code.trustDevice }, named));
  }

  sendEmailCode(challenge: string, client: ClientInfo): Promise<string> {
    return this.deps.addressProofs.resend(challenge, client);
  }

  /** @throws {AppError} as `AccountLinkingService.findHolder`, `AccountLinkingService.register` and `AddressProofs.create` */
  async verify(callback: FinishedCallback, client: ClientInfo): Promise<Verified> {
    const { addressProofs, accountLinking, db, devices } = this.deps;
    const { arrival, proof, trustDevice: _, ...details } = callback;
    const tokenHash = devices.hashDeviceToken(callback.deviceToken);
    const found = await findSocialCandidate(db, arrival.identity, tokenHash);
    if (found !== null) {
      const { socialAccountId, createdBySession, ...candidate } = found;
      return this.#logInBy(callback, candidate, { socialAccountId, createdBySession }, client);
    }
    const holder = await accountLinking.findHolder(arrival, tokenHash);
    // Before the code is verified, nothing may reveal whether the address has a user, or why that user cannot log in.
    if (!arrival.identity.emailVouched && proof === null)
      return { step: await addressProofs.create({ arrival, ...details }, holder?.user ?? null, client) };
    if (holder !== null) return this.#join(callback, holder, client);
    await accountLinking.register(arrival, client, proof);
    return this.verify(callback, client);
  }

  /** The account is already linked to the user. */
  #logInBy(
    callback: FinishedCallback,
    candidate: LoginCandidate,
    account: Pick<VerifiedFactor, "createdBySession"> & { readonly socialAccountId: SocialAccountId },
    client: ClientInfo,
  ): Promise<Verified> {
    const { email } = callback.arrival.identity;
    const consume = async (tx: Db) => {
      // With the user's row locked: an account that was unlinked concurrently grants nothing.
      const at = { id: account.socialAccountId, userId: candidate.user.id };
      return (await updateSocialAccountUsed(tx, at, { email, now: this.deps.clock.now() })) ? {} : null;
    };
    return this.#loginOf(
      callback,
      candidate,
      { methods: ["SOCIAL"], ...account, keptIfRefused: true, consume },
      client,
    );
  }

  /** Both sides have verified the address, so it is one person. The account is linked at the end of the login, not before. */
  async #join(callback: FinishedCallback, candidate: LoginCandidate, client: ClientInfo): Promise<Verified> {
    const { accounts, db, ids } = this.deps;
    const { arrival, proof } = callback;
    const { emailVerified: _, emailVouched: __, ...identity } = arrival.identity;
    const { user } = candidate;
    const isShut = !(await accounts.isOpen(db, user.id, arrival.provider));
    if (isShut && accountBlockReason(user, candidate.homeStatus) === null) {
      // A concurrent call may have linked this account since the look-up.
      if ((await findSocialAccount(db, arrival.identity)) !== null) throw new LoginOutdated("ACCOUNT_CHANGED");
      if (proof) await db.transaction((tx) => proof.use(tx));
      throw emailTaken();
    }
    const pendingLink = { ...identity, provider: arrival.provider, email: identity.email ?? "" };
    const account = { methods: ["SOCIAL"], socialAccountId: ids.next<SocialAccountId>(), pendingLink } as const;
    return this.#loginOf(callback, candidate, { ...account, consume: async () => ({}) }, client);
  }

  async #loginOf(
    callback: FinishedCallback,
    candidate: LoginCandidate,
    account: VerifiedFactor,
    client: ClientInfo,
  ): Promise<Verified> {
    const { devices, risk } = this.deps;
    const { arrival, proof, trustDevice } = callback;
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
      ...resolveLoginDevice(devices, { ...callback, transport: arrival.transport }, deviceId),
      ...{ client, trustDevice, identifier: user.emailCanonical },
      risk: await risk.assess(user, client, deviceId !== null),
      factors: address ? [account, address] : [account],
    };
    return { login };
  }
}
