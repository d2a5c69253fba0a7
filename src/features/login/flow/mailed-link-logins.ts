import type { DevicesService } from "#features/devices/index";
import type { TokenTransport } from "#features/sessions/index";
import { asUsernameTaken, type User } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { RiskAssessment } from "#shared/risk";
import { resolveLoginDevice } from "./login.policy.ts";
import type { IssuedLogin, Login, VerifiedFactor } from "./login.ts";
import type { LoginFlow } from "./login-flow.ts";
import type { TenantLoginPolicy } from "./next-step.ts";

/** A login through a mailed link. */
interface MailedLinkLogin {
  /** The user as they will be after `admit`, which may create them. */
  readonly user: User;
  readonly tenant: TenantLoginPolicy;
  readonly client: ClientInfo;
  readonly risk: RiskAssessment;
  readonly transport: TokenTransport;
  /** Consumes the link and admits the user before anything else; false if the link or its basis is no longer valid. */
  readonly admit: (tx: Db) => Promise<boolean>;
}

interface MailedLinkLoginsDeps {
  readonly devices: Pick<DevicesService, "resolveDevice">;
  readonly flow: Pick<LoginFlow, "finish">;
}

/** A user's first login, with the link that verifies their address and the password that they have just chosen. */
export class MailedLinkLogins {
  constructor(private readonly deps: MailedLinkLoginsDeps) {}

  /** @throws {AppError} INVALID_TOKEN if the link or its user is not admitted; CONFLICT/USERNAME_TAKEN */
  logIn({ user, tenant: policy, client, risk, transport, admit }: MailedLinkLogin): Promise<IssuedLogin> {
    const { devices, flow } = this.deps;
    const link: VerifiedFactor = {
      methods: ["PASSWORD"],
      consume: async (tx) => {
        const isAdmitted = await admit(tx).catch((error: unknown) => {
          throw asUsernameTaken(error);
        });
        if (!isAdmitted) throw invalidToken();
        return {};
      },
    };
    // The user does not have a device yet, and another user's device token is never adopted.
    const device = { transport, deviceToken: null, deviceTokenInCookie: false };
    const login: Login = {
      ...{ user, client, risk, identifier: user.emailCanonical, homeStatus: "ACTIVE", sessionsFull: false },
      ...resolveLoginDevice(devices, device, null),
      stage: { kind: "MAILED_LINK", policy },
      ...{ trustDevice: false, factors: [link], outdated: invalidToken },
    };
    return flow.finish(async () => ({ login }));
  }
}

const invalidToken = (): AppError => new AppError("INVALID_TOKEN");
