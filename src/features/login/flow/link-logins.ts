import type { DevicesService } from "#features/devices/index";
import type { TokenTransport } from "#features/sessions/index";
import { asUsernameTaken, type User } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { Client } from "#shared/client";
import { AppError } from "#shared/errors";
import type { RiskAssessment } from "#shared/risk";
import { deliveryOf } from "./login.policy.ts";
import type { LoginCompletion, LoginGrant } from "./login-completion.ts";
import { mustEnrolFirst, type TenantLoginPolicy } from "./next-step.ts";

/** A login by a link of a mail. */
interface LinkLogin {
  /** As they are once `enter` is done: that may create them. */
  readonly user: User;
  readonly tenant: TenantLoginPolicy;
  readonly client: Client;
  readonly risk: RiskAssessment;
  readonly transport: TokenTransport;
}

interface LinkLoginsDeps {
  readonly devices: Pick<DevicesService, "recognised">;
  readonly completion: Pick<LoginCompletion, "complete">;
}

/** The first login of a user, by the link that proves their address and the password that they have just chosen. */
export class LinkLogins {
  constructor(private readonly deps: LinkLoginsDeps) {}

  /**
   * Lets the user in by `enter`, in the transaction that opens the session.
   * @param enter uses the link up; false if the link is used already, or the user cannot be let in any more
   * @throws {AppError} INVALID_TOKEN if `enter` returns false or the user may not log in; CONFLICT/USERNAME_TAKEN
   */
  async complete(
    { user, tenant, client, risk, transport }: LinkLogin,
    enter: (tx: Db) => Promise<boolean>,
  ): Promise<LoginGrant> {
    const { completion, devices } = this.deps;
    // The user has no device yet, and the token of another user's is never taken over.
    const device = devices.recognised(null, null);
    const login = {
      user,
      identifier: user.emailCanonical,
      client,
      device,
      methods: ["PASSWORD"],
      trustDevice: false,
      confirmed: false,
      enteredByMail: true,
      risk,
      mfaEnabled: false,
      enrolmentOnly: mustEnrolFirst(user, tenant),
      delivery: deliveryOf({ transport, deviceToken: null, deviceTokenInCookie: false }, device),
      sessionsFull: false,
    } as const;
    const grant = await completion
      .complete(
        login,
        async () => null,
        async (tx) => ((await enter(tx)) ? null : "SPENT"),
      )
      .catch((error: unknown) => {
        throw asUsernameTaken(error);
      });
    if (grant === "SPENT" || grant === "OUTDATED") throw new AppError("INVALID_TOKEN");
    return grant;
  }
}
