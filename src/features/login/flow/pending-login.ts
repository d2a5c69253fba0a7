import { type ChallengesService, challengeExpired, type PendingLogin } from "#features/challenges/index";
import type { ClientInfo } from "#shared/client-info";
import type { Login, VerifiedFactor } from "./login.ts";

/** The login restored from a challenge. Its first factor is valid, and is consumed together with the challenge. */
export const loginOfChallenge = (
  challenges: Pick<ChallengesService, "consume">,
  pending: PendingLogin,
  client: ClientInfo,
): Omit<Login, "stage" | "trustDevice"> => {
  const { id, user, homeStatus, sessionsFull, identifier, recognised: device, delivery, risk } = pending;
  const { methods, socialAccountId = null, pendingLink = null, createdBySession = null } = pending;
  const firstFactor: VerifiedFactor = {
    ...{ methods, socialAccountId, pendingLink, createdBySession },
    consume: async (tx) => {
      if (!(await challenges.consume(tx, id))) throw challengeExpired();
      return {};
    },
  };
  return {
    ...{ user, homeStatus, sessionsFull, identifier, device, delivery, risk },
    // The device name is the one given when the login started; the IP address is the one at its end.
    client: { ...client, device: pending.client.device },
    factors: [firstFactor],
    outdated: challengeExpired,
  };
};
