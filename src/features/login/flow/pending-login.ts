import { type ChallengesService, challengeExpired, type PendingLogin } from "#features/challenges/index";
import type { Client } from "#shared/client";
import type { Login, VerifiedFactor } from "./login.ts";

/** What a login goes on with that a challenge kept: its first factor is right, and is consumed with the challenge. */
export const loginOfChallenge = (
  challenges: Pick<ChallengesService, "consume">,
  pending: PendingLogin,
  client: Client,
): Omit<Login, "stage" | "trustDevice"> => {
  const { id, user, homeStatus, sessionsFull, identifier, recognised: device, delivery, risk } = pending;
  const { methods, socialAccountId = null, pendingLink = null, createdBySession = null } = pending;
  const begun: VerifiedFactor = {
    ...{ methods, socialAccountId, pendingLink, createdBySession },
    consume: async (tx) => {
      if (!(await challenges.consume(tx, id))) throw challengeExpired();
      return {};
    },
  };
  return {
    ...{ user, homeStatus, sessionsFull, identifier, device, delivery, risk },
    // The name that the device was given when the login began; the address is the one it ends at.
    client: { ...client, device: pending.client.device },
    factors: [begun],
    outdated: challengeExpired,
  };
};
