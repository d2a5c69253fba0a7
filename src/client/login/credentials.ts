import { errorOf } from "../errors.ts";
import { clientError, type LoginError } from "./failures.ts";
import type { Call, FlowContext } from "./flow-context.ts";
import type {
  CredentialsState,
  LinkCredentials,
  LoginState,
  NewCredentials,
  PasswordRequiredState,
  RestartReason,
} from "./login-state.ts";
import { startSocialLogin } from "./operations.ts";
import { type PasskeyAssertion, promptForPasskey } from "./prompt.ts";
import { createCodeVerifier } from "./social.ts";

/** The first step, with all ways to log in. */
export const credentialsState = (
  context: FlowContext,
  restartReason: RestartReason | null = null,
  error: LoginError | null = null,
): CredentialsState => ({
  step: "CREDENTIALS",
  busy: false,
  error,
  restartReason,
  restart: () => context.restart(),
  logInWithPassword: ({ identifier, password }) =>
    context.run(async ({ logIn }) => logIn("login", { identifier, password, ...(await clientOf(context)) })),
  logInWithPasskey: () => logInWithPasskey(context, () => promptForPasskey(context.send)),
  startSocialLogin: async (start) => {
    let url: string | null = null;
    await context.run(async () => {
      const { auth, memory, send } = context;
      // A page on the API's site is identified by a cookie; other clients keep a secret (RFC 7636).
      const pkce = auth.transport === "BODY" ? await createCodeVerifier() : null;
      const codeChallenge = pkce && { codeChallenge: pkce.challenge };
      const started = await send(startSocialLogin({ ...start, transport: auth.transport, ...codeChallenge }));
      if (pkce) await memory.keepVerifier(started.state, pkce.verifier);
      url = started.authorizationUrl;
      return null;
    });
    return url;
  },
  finishSocialLogin: ({ state, code, iss, error: refusal }) =>
    context.run(async ({ logIn }) => {
      const codeVerifier = await context.memory.takeVerifier(state);
      if (code === null)
        return credentialsState(context, null, clientError("PROVIDER_REFUSED", refusal ?? "The provider refused."));
      const { transport: _, ...client } = await clientOf(context);
      const given = { ...(iss !== null && { iss }), ...(codeVerifier !== null && { codeVerifier }) };
      return logIn("finishSocialLogin", { state, code, ...given, ...client });
    }),
  verifyEmail: (link) => context.run((call) => verifyEmail(context, call, link)),
  acceptInvitation: (link) =>
    context.run((call) =>
      link.password === undefined
        ? Promise.resolve(passwordRequiredState(context, "INVITATION", link))
        : acceptInvitation(context, call, link),
    ),
  resumeLogin: (challenge) => context.run(({ logIn }) => logIn("resumeLogin", { challenge })),
});

/** Logs in with the passkey that `prompt` returns, as the first factor. */
export const logInWithPasskey = (context: FlowContext, prompt: () => Promise<PasskeyAssertion>): Promise<void> =>
  context.run(async ({ logIn }) => logIn("finishPasskeyLogin", { ...(await prompt()), ...(await clientOf(context)) }));

/** How this client gets its tokens, and by what the API recognises its device. */
const clientOf = async ({ auth, memory, options: { deviceName } }: FlowContext) => {
  const deviceToken = await memory.findDeviceToken();
  return {
    transport: auth.transport,
    ...(deviceName !== undefined && { deviceName }),
    ...(deviceToken !== null && { deviceToken }),
  };
};

const verifyEmail = async (context: FlowContext, { logIn }: Call, link: LinkCredentials): Promise<LoginState> => {
  const { registration } = context.options;
  const challenge = (await registration?.find()) ?? null;
  const { deviceName: _, ...client } = await clientOf(context);
  try {
    const state = await logIn("verifyEmail", { ...link, ...client, ...(challenge !== null && { challenge }) });
    await registration?.forget();
    return state;
  } catch (thrown) {
    // The link was opened on another device than the one that registered. It can still be used.
    if (errorOf(thrown)?.reason === "PASSWORD_REQUIRED") return passwordRequiredState(context, "VERIFICATION", link);
    throw thrown;
  }
};

const acceptInvitation = async (context: FlowContext, { logIn }: Call, link: LinkCredentials): Promise<LoginState> => {
  const { deviceToken: _, ...client } = await clientOf(context);
  return logIn("acceptInvitation", { ...link, ...client });
};

const passwordRequiredState = (
  context: FlowContext,
  kind: PasswordRequiredState["link"],
  link: LinkCredentials,
): PasswordRequiredState => ({
  step: "PASSWORD_REQUIRED",
  busy: false,
  error: null,
  link: kind,
  restart: () => context.restart(),
  setPassword: (credentials: NewCredentials) =>
    context.run((call) =>
      (kind === "INVITATION" ? acceptInvitation : verifyEmail)(context, call, { ...link, ...credentials }),
    ),
});
