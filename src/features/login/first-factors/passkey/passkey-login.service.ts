import type { ChallengesService } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { Client } from "#shared/client";
import { AppError } from "#shared/errors";
import { type DeliveryRequest, deliveryOf, obstacleTo } from "../../flow/login.policy.ts";
import type { LoginCompletion, LoginGrant } from "../../flow/login-completion.ts";
import type { LoginRisk } from "../../risk/login-risk.ts";
import type {
  BegunAssertion,
  PasskeyAssertions,
  PasskeyProof,
} from "../../second-factors/passkey/passkey-assertions.ts";
import type { SecondFactorService } from "../../second-factors/second-factor.service.ts";

export type PasskeyLoginRequest = PasskeyProof & DeliveryRequest;

export interface PasskeyLoginDeps {
  readonly challenges: Pick<ChallengesService, "isToken">;
  readonly devices: Pick<DevicesService, "tokenHash" | "recognised">;
  readonly assertions: Pick<PasskeyAssertions, "startLogin" | "identify">;
  readonly secondFactors: Pick<SecondFactorService, "pending" | "verifyPasskey">;
  readonly completion: LoginCompletion;
  readonly risk: LoginRisk;
}

/** Logging in by a passkey: in place of a password, or after one. */
export class PasskeyLoginService {
  constructor(private readonly deps: PasskeyLoginDeps) {}

  /**
   * What a browser needs to ask for a passkey: one of the user whose login waits, or, without a challenge, any that is
   * known for this site. Throws INVALID_TOKEN/CHALLENGE_EXPIRED, BAD_REQUEST.
   */
  async start(challenge: string | null): Promise<BegunAssertion> {
    const { assertions, secondFactors } = this.deps;
    if (challenge === null) return assertions.startLogin(null);
    const { id, user } = await secondFactors.pending(challenge, "PASSKEY");
    const { publicKey } = await assertions.startLogin({ id, userId: user.id });
    return { challenge, publicKey };
  }

  /** Throws INVALID_CREDENTIALS, FORBIDDEN with what keeps the account out, and as `SecondFactorService.verifyPasskey`. */
  async finish(request: PasskeyLoginRequest, client: Client): Promise<LoginGrant> {
    const { assertions, challenges, completion, devices, secondFactors } = this.deps;
    if (challenges.isToken(request.challenge)) return secondFactors.verifyPasskey(request, client);
    const { deviceToken } = request;
    const found = await assertions.identify(request, devices.tokenHash(deviceToken));
    if (found === null) throw notAccepted();
    const { accepted, candidate } = found;
    const { user, tenantStatus, deviceId, sessionsFull } = candidate;
    const risk = await this.deps.risk.assess(user, client, deviceId !== null);
    const about = { user, identifier: user.emailCanonical, client, risk };
    const obstacle = obstacleTo({ ...user, tenantStatus });
    // It is used up by that: else it would be told again and again, and let in whoever waits until the obstacle is gone.
    if (obstacle)
      return completion.keepOut(about, obstacle, async (tx) => {
        if (!(await accepted.use(tx, client))) throw notAccepted();
      });

    const device = devices.recognised(deviceToken, deviceId);
    const login = {
      ...about,
      device,
      delivery: deliveryOf(request, device),
      methods: ["PASSKEY"],
      passkeyId: accepted.passkeyId ?? null,
      createdBySession: accepted.createdBySession ?? null,
      trustDevice: false,
      confirmed: false,
      mfaEnabled: true,
      sessionsFull,
    } as const;
    const finished = await completion.complete(login, async (tx) =>
      (await accepted.use(tx, client)) ? null : "SPENT",
    );
    if (finished === "SPENT" || finished === "OUTDATED") throw notAccepted();
    return finished;
  }
}

const notAccepted = (): AppError =>
  new AppError("INVALID_CREDENTIALS", { message: "This passkey was not accepted. Begin again." });
