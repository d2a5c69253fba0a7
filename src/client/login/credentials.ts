import { AuthFailure } from "../failure.ts";
import { loginErrorOf } from "./failures.ts";
import type { FlowContext } from "./flow-context.ts";
import type { FlowStep, LinkCredentials, PasswordRequiredState, RestartReason } from "./login-state.ts";
import { startSocialLogin } from "./operations.ts";
import { type PasskeyAssertion, promptForPasskey } from "./prompt.ts";
import { createCodeVerifier } from "./social.ts";

/** Only letters, digits, `.`, `_` and `-`: Expo SecureStore accepts no other keys. */
export const DEVICE = "portcullis.device";
const VERIFIER = "portcullis.social.";

/** The first step, with all ways to log in. */
export const credentialsStep = (context: FlowContext, restartReason: RestartReason | null): FlowStep => {
  const { auth, logIn, run, send, storage } = context;
  return {
    step: "CREDENTIALS",
    restartReason,
    logInWithPassword: (credentials) => logIn("login", async () => ({ ...credentials, ...(await clientOf(context)) })),
    logInWithPasskey: () => logInWithPasskey(context, () => promptForPasskey(send)),
    startSocialLogin: async (start) => {
      let url: string | null = null;
      await run(async () => {
        const { transport } = auth;
        // A page on the API's site is identified by a cookie; other clients keep a secret (RFC 7636).
        const pkce = transport === "BODY" ? await createCodeVerifier() : null;
        const binding = pkce && { codeChallenge: pkce.challenge };
        const { state, authorizationUrl } = await send(startSocialLogin({ ...start, transport, ...binding }));
        if (pkce) await storage.setItem(VERIFIER + state, pkce.verifier);
        url = authorizationUrl;
        return undefined;
      });
      return url;
    },
    finishSocialLogin: ({ state, code, iss, error }) =>
      logIn("finishSocialLogin", async () => {
        const codeVerifier = (await storage.getItem(VERIFIER + state)) ?? undefined;
        await storage.removeItem(VERIFIER + state);
        if (code === null) throw new AuthFailure("PROVIDER_REFUSED", `The provider returned ${error}.`);
        // The transport was given at the start.
        return { ...(await clientOf(context)), state, code, iss: iss ?? undefined, codeVerifier, transport: undefined };
      }),
    verifyEmail: (link) => openLink(context, "VERIFICATION", link),
    acceptInvitation: (link) =>
      link.password === undefined
        ? run(async () => passwordRequiredStep(context, "INVITATION", link))
        : openLink(context, "INVITATION", link),
    resumeLogin: (challenge) => logIn("resumeLogin", async () => ({ challenge })),
  };
};

/** Logs in with the passkey that `prompt` returns, as the first factor. */
export const logInWithPasskey = (context: FlowContext, prompt: () => Promise<PasskeyAssertion>): Promise<void> =>
  context.logIn("finishPasskeyLogin", async () => ({ ...(await prompt()), ...(await clientOf(context)) }));

/** How this client gets its tokens, and by what the API recognises its device. What is undefined is not sent. */
const clientOf = async ({ auth: { transport }, options: { deviceName, deviceStorage } }: FlowContext) => ({
  transport,
  deviceName,
  deviceToken: (await deviceStorage?.getItem(DEVICE)) ?? undefined,
});

const openLink = (context: FlowContext, kind: PasswordRequiredState["link"], link: LinkCredentials): Promise<void> =>
  kind === "INVITATION"
    ? context.logIn("acceptInvitation", async () => ({ ...link, ...(await clientOf(context)), deviceToken: undefined }))
    : context.logIn(
        "verifyEmail",
        async () => {
          const challenge = (await context.options.registration?.find()) ?? undefined;
          return { challenge, ...link, ...(await clientOf(context)), deviceName: undefined };
        },
        (thrown) => {
          // The link was opened on another device than the one that registered. It can still be used.
          if (loginErrorOf(thrown).reason === "PASSWORD_REQUIRED") return passwordRequiredStep(context, kind, link);
          throw thrown;
        },
      );

const passwordRequiredStep = (
  context: FlowContext,
  kind: PasswordRequiredState["link"],
  link: LinkCredentials,
): FlowStep => ({
  step: "PASSWORD_REQUIRED",
  link: kind,
  setPassword: (credentials) => openLink(context, kind, { ...link, ...credentials }),
});
