import type { ChallengesService } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import { resolveLoginDevice, type TokenDeliveryRequest } from "../../flow/login.policy.ts";
import type { LoginFlowResult, LoginStrategy, Verified, VerifiedFactor } from "../../flow/login.ts";
import type { LoginFlow } from "../../flow/login-flow.ts";
import type { LoginRisk } from "../../risk/login-risk.ts";
import type {
  PasskeyAssertions,
  PasskeyAuthenticationOptions,
  PasskeySubmission,
} from "../../second-factors/passkey/passkey-assertions.ts";
import type { SecondFactorLogin } from "../../second-factors/second-factor.service.ts";

export type PasskeyLoginRequest = PasskeySubmission & TokenDeliveryRequest;

export interface PasskeyLoginDeps {
  readonly devices: Pick<DevicesService, "hashDeviceToken" | "resolveDevice">;
  readonly challenges: Pick<ChallengesService, "isToken">;
  readonly assertions: Pick<PasskeyAssertions, "identify" | "startLogin">;
  readonly secondFactors: Pick<SecondFactorLogin, "startPasskey" | "logIn">;
  readonly flow: Pick<LoginFlow, "logIn">;
  readonly risk: LoginRisk;
}

/** Login with a passkey: instead of a password, because it identifies its user, or after one. */
export class PasskeyLogin implements LoginStrategy<PasskeyLoginRequest> {
  constructor(private readonly deps: PasskeyLoginDeps) {}

  /**
   * The options for a passkey prompt: with a challenge, restricted to the user of that unfinished login; without one, for any passkey
   * of this site.
   * @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED, BAD_REQUEST
   */
  async start(challenge: string | null): Promise<PasskeyAuthenticationOptions> {
    const { assertions, secondFactors } = this.deps;
    return challenge === null ? assertions.startLogin(null) : secondFactors.startPasskey(challenge);
  }

  /** @throws {AppError} as `verify` and `LoginFlow.logIn`; after a password as `SecondFactorLogin.logIn` */
  finish(request: PasskeyLoginRequest, client: ClientInfo): Promise<LoginFlowResult> {
    const { challenges, flow, secondFactors } = this.deps;
    const { challenge, response } = request;
    if (challenges.isToken(challenge)) return secondFactors.logIn({ factor: "PASSKEY", challenge, response }, client);
    return flow.logIn(() => this.verify(request, client));
  }

  /** @throws {AppError} INVALID_CREDENTIALS */
  async verify(request: PasskeyLoginRequest, client: ClientInfo): Promise<Verified> {
    const { assertions, devices } = this.deps;
    const found = await assertions.identify(request, devices.hashDeviceToken(request.deviceToken));
    if (found === null) throw notAccepted();
    const { factor, candidate } = found;
    const { user, homeStatus, deviceId, sessionsFull } = candidate;
    const risk = await this.deps.risk.assess(user, client, deviceId !== null);
    const passkey: VerifiedFactor = {
      ...factor,
      // Not verified again: it would succeed again, because only its consumption checks whether the challenge was used.
      consume: async (tx) => (await factor.consume(tx, client)) ?? refuse(),
    };
    const login = {
      ...{ user, homeStatus, sessionsFull, client, risk, identifier: user.emailCanonical, trustDevice: false },
      ...resolveLoginDevice(devices, request, deviceId),
      stage: { kind: "PASSKEY" },
      factors: [passkey],
    } as const;
    return { login };
  }
}

const notAccepted = (): AppError =>
  new AppError("INVALID_CREDENTIALS", { message: "This passkey was not accepted. Start again." });

const refuse = (): never => {
  throw notAccepted();
};
