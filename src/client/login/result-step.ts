import type { FlowContext } from "./flow-context.ts";
import type { FlowStep } from "./login-state.ts";
import { currentSessions } from "./operations.ts";
import type { LoginResult } from "./results.ts";
import { secondFactorStep } from "./second-factor.ts";

/** The step after this result. `since`: when the login began to wait for the user. */
export const stepAfter = (context: FlowContext, result: LoginResult, since: number): FlowStep => {
  context.keep("expiresAt" in result ? { result, since } : null);
  const unknown: FlowStep = { step: "UNKNOWN", typename: result.__typename };
  switch (result.__typename) {
    case "LoginSuccess":
      return { step: "SIGNED_IN", ...result };
    case "SecondFactorRequired":
      return secondFactorStep(context, result, since) ?? unknown;
    case "LoginConfirmationRequired":
      return { step: "CONFIRMATION", ...result };
    case "EnrolmentRequired":
      return { step: "ENROLMENT", ...result, finishEnrolment: () => context.run(() => finishEnrolment(context)) };
    default:
      return unknown;
  }
};

/** A refresh returns the tokens of a full session, once the user has added a factor. */
const finishEnrolment = async ({ auth, keep, send }: FlowContext): Promise<FlowStep> => {
  await auth.renew(await auth.authorize());
  const session = (await send(currentSessions())).find(({ current }) => current);
  if (!session) throw new Error("The session has ended.");
  keep(null);
  const { user } = session;
  return { step: "SIGNED_IN", user, session, evictedSessions: [], mfaRecommended: false, enrolmentTicket: null };
};
