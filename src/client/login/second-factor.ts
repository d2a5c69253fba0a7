import type { FlowContext } from "./flow-context.ts";
import type { FlowStep } from "./login-state.ts";
import { requestFactorReset, sendEmailCode } from "./operations.ts";
import { promptForPasskey } from "./prompt.ts";
import type { SecondFactor, SecondFactorRequired } from "./results.ts";

/** Another code can be mailed after this time. */
const RESEND_MS = 30_000;

const VERIFY = { TOTP: "verifyTotp", BACKUP_CODE: "verifyBackupCode", EMAIL_CODE: "verifyEmailCode" } as const;

/** Whether this version knows the factor; a later version of the API may add some. */
const isSecondFactor = (method: string): method is SecondFactor =>
  method === "PASSKEY" || Object.hasOwn(VERIFY, method);

/**
 * The step of a login that needs a second factor; null if this version knows none of its factors. `since`: when the login began
 * to wait, and the first code was mailed.
 */
export const secondFactorStep = (
  { getState, logIn, now, run, send, show }: FlowContext,
  { challenge, __typename, preferredFactor, ...required }: SecondFactorRequired,
  since: number,
): FlowStep | null => {
  const factors = required.factors.filter(isSecondFactor);
  let [factor] = factors;
  if (!factor) return null;
  const changed = (change: object): FlowStep => ({ ...getState(), ...change });

  // It has the data and actions of every factor; its type has those of the chosen one.
  const step = {
    step: "SECOND_FACTOR",
    ...required,
    factors,
    factor,
    canResendAt: since + RESEND_MS,
    factorResetDueAt: null,
    chooseFactor: (chosen: SecondFactor) => {
      if (getState().busy) return;
      factor = chosen;
      show(changed({ factor }));
    },
    submitCode: (code: string, { trustDevice = false }: { readonly trustDevice?: boolean } = {}) =>
      logIn(VERIFY[factor as keyof typeof VERIFY], async () => ({ challenge, code, trustDevice })),
    usePasskey: () => logIn("finishPasskeyLogin", () => promptForPasskey(send, challenge)),
    resendCode: () =>
      run(async () => {
        const { sentTo } = await send(sendEmailCode(challenge));
        return changed({ codeSentTo: sentTo, canResendAt: now() + RESEND_MS });
      }),
    requestFactorReset: () =>
      run(async () => changed({ factorResetDueAt: (await send(requestFactorReset(challenge))).dueAt })),
  };
  return step as FlowStep;
};
