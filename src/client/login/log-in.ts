import { DEVICE } from "./credentials.ts";
import type { FlowContext } from "./flow-context.ts";
import type { FlowStep } from "./login-state.ts";
import { endSession, type LoginMutation, loginStep } from "./operations.ts";
import { stepAfter } from "./result-step.ts";
import type { LoginResult } from "./results.ts";
import type { IsCurrent } from "./store.ts";

/** Thrown into a call that `restart` has abandoned. */
const ABANDONED = new Error("The login was restarted.");

/** Runs an action whose mutation can be the last step. `recover` returns the step for an error that is a step, too. */
export const logInWith = (
  context: FlowContext,
  mutation: LoginMutation,
  input: () => Promise<object>,
  recover?: (thrown: unknown) => FlowStep,
): Promise<void> =>
  context.run(async (isCurrent) => {
    const sending = input().then((given) => ask(context, mutation, given, isCurrent));
    return sending.then((result) => stepAfter(context, result, context.now())).catch(recover);
  });

const ask = async (
  { auth, options, send }: FlowContext,
  mutation: LoginMutation,
  input: object,
  isCurrent: IsCurrent,
): Promise<LoginResult> => {
  const { tokens, deviceToken, ...result } = await auth.login(async () => {
    // It may have waited for a passkey prompt, or for its turn.
    if (!isCurrent()) throw ABANDONED;
    const response = await send(loginStep(mutation, input));
    if (isCurrent()) return response;
    // The user has cancelled this login, so its session must not stay open.
    if (response.tokens) await send(endSession(response.tokens.refreshToken)).catch(() => {});
    throw ABANDONED;
  });
  // The API recognises this device by it at the next login.
  if (deviceToken) await options.deviceStorage?.setItem(DEVICE, deviceToken);
  if (tokens && mutation === "verifyEmail") await options.registration?.forget();
  return result as LoginResult;
};
