import { offerPasskeys } from "./autofill.ts";
import { logInWithPasskey } from "./credentials.ts";
import { loginErrorOf } from "./failures.ts";
import type { FlowContext } from "./flow-context.ts";
import type { ConfirmationState, LoginState } from "./login-state.ts";
import { stepAfter } from "./result-step.ts";
import type { Task } from "./store.ts";
import { followPendingLogin } from "./waiting.ts";

/** What happens by itself in each step. */
export const tasksOf = (context: FlowContext): ((state: LoginState) => Task | undefined) => {
  const { auth, fail, findWaiting, getState, logIn, now, options, send, show, startAgain } = context;
  let wasRestored = false;

  /** Continues a login that waited when the page was reloaded. */
  const restore = async (): Promise<void> => {
    wasRestored = true;
    const initial = getState();
    const waiting = await findWaiting();
    if (!waiting || getState() !== initial) return;
    const { result, since } = waiting;
    if (Date.parse(result.expiresAt) <= now()) return startAgain("EXPIRED");
    show(stepAfter(context, result, since));
    endIfSignedOut();
  };

  const begin: Task = () => {
    if (!wasRestored) void restore().catch(() => {});
    if (!options.passkeyAutofill) return () => {};
    return offerPasskeys(send, (assertion) => void logInWithPasskey(context, async () => assertion));
  };

  const follow: Task = () => {
    const { challenge } = getState() as ConfirmationState;
    return followPendingLogin({
      challenge,
      send,
      socket: options.socket,
      onStatus: (status) => {
        if (status === "CONFIRMED") return void logIn("resumeLogin", async () => ({ challenge }));
        // The login is being resumed, after which its challenge is reported as expired.
        if (getState().busy) return;
        if (status !== "WAITING") startAgain(status);
        // The API can be reached again.
        else show(getState());
      },
      onFailure: (thrown) => {
        if (!getState().busy) fail(loginErrorOf(thrown));
      },
    });
  };

  /** After a logout, also in another tab, the next login starts with the credentials. */
  const endIfSignedOut = (): void => {
    if (taskOf(getState()) === watch && auth.getState().status === "SIGNED_OUT") startAgain(null);
  };
  const watch: Task = () => auth.onChange(endIfSignedOut);

  const taskOf = ({ step, busy }: LoginState): Task | undefined => {
    switch (step) {
      case "CREDENTIALS":
        // The browser shows one passkey prompt at a time.
        return busy ? undefined : begin;
      case "CONFIRMATION":
        return follow;
      case "ENROLMENT":
      case "SIGNED_IN":
        return watch;
      default:
        return undefined;
    }
  };
  return taskOf;
};
