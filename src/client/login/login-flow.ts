import { globals, storageOf, type TokenStorage } from "../globals.ts";
import { createMemory } from "../refresh-token-store.ts";
import { credentialsStep } from "./credentials.ts";
import { sender } from "./execute.ts";
import type { AuthForLogin, FlowContext, LoginFlowOptions } from "./flow-context.ts";
import { logInWith } from "./log-in.ts";
import type { FlowStep, LoginState } from "./login-state.ts";
import { restartReasonFor } from "./restart-rules.ts";
import { createStore, type ReadableStore } from "./store.ts";
import { tasksOf } from "./tasks.ts";

/** A login as a store: `getState()` is the current step, with the actions that it allows. */
export type LoginFlow = ReadableStore<LoginState>;

/** Only letters, digits, `.`, `_` and `-`: Expo SecureStore accepts no other keys. */
const WAITING = "portcullis.login";

/**
 * Creates a login, step by step, for any user interface. While the store has subscribers, it restores a stored login, follows one
 * that waits for the answer to a mail, and offers passkeys in the autofill list. The last step stores the tokens in `auth`.
 */
export const createLoginFlow = (auth: AuthForLogin, options: LoginFlowOptions = {}): LoginFlow => {
  const storage = storageIn(options);
  const context: FlowContext = {
    auth,
    options,
    send: sender(auth, options.execute),
    storage,
    now: () => globals().Date.now(),
    getState: () => store.getState(),
    run: (action) => store.run(action),
    show: (step, error) => store.show(step, error),
    logIn: (mutation, input, recover) => logInWith(context, mutation, input, recover),
    startAgain(restartReason, error) {
      store.reset();
      context.keep(null);
      store.show(credentialsStep(context, restartReason), error);
    },
    fail(error) {
      const reason = restartReasonFor(store.getState(), error);
      if (reason) context.startAgain(reason, error);
      else store.show(store.getState(), error);
    },
    /** A storage that fails costs the user a login after a reload, not this one. */
    keep(login) {
      const keeping = async () =>
        login ? storage.setItem(WAITING, JSON.stringify(login)) : storage.removeItem(WAITING);
      void keeping().catch(() => {});
    },
    findWaiting: async () => JSON.parse((await storage.getItem(WAITING)) ?? "null"),
  };
  const restart = () => context.startAgain(null);
  const store = createStore<LoginState, FlowStep>({
    initial: credentialsStep(context, null),
    toState: (step) => ({ ...step, restart }) as LoginState,
    onFailure: context.fail,
    taskOf: tasksOf(context),
  });
  return { getState: store.getState, subscribe: store.subscribe };
};

/** Without one, it lasts as long as the page. */
const storageIn = ({ storage }: LoginFlowOptions): TokenStorage =>
  (storage === "sessionStorage" ? storageOf(globals(), storage) : storage) ?? createMemory();
