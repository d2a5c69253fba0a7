import { loginErrorOf } from "./failures.ts";
import type { FlowContext } from "./flow-context.ts";
import type { SecondFactorState } from "./login-state.ts";
import { requestFactorReset, sendEmailCode } from "./operations.ts";
import { promptForPasskey } from "./prompt.ts";
import type { SecondFactor, SecondFactorRequired } from "./results.ts";

/** Another code can be mailed after this time. */
const RESEND_MS = 30_000;

const VERIFY = { TOTP: "verifyTotp", BACKUP_CODE: "verifyBackupCode", EMAIL_CODE: "verifyEmailCode" } as const;

const isSecondFactor = (method: string): method is SecondFactor =>
  method === "PASSKEY" || Object.hasOwn(VERIFY, method);

/** The factors of the login that this version knows; a later version of the API may add some. */
export const knownFactors = ({ factors }: SecondFactorRequired): readonly SecondFactor[] =>
  factors.filter(isSecondFactor);

/** What stays the same when the user chooses another factor. */
interface Progress {
  readonly canResendAt: number;
  readonly attemptsLeft: number | null;
  readonly factorResetDueAt: string | null;
  readonly codeSentTo: string | null;
}

/** `since`: when the login began to wait, and the first code was mailed. */
export const startSecondFactor = (
  context: FlowContext,
  required: SecondFactorRequired,
  factors: readonly [SecondFactor, ...SecondFactor[]],
  since: number,
): SecondFactorState =>
  stateFor(context, required, factors, factors[0], {
    canResendAt: since + RESEND_MS,
    attemptsLeft: null,
    factorResetDueAt: null,
    codeSentTo: required.codeSentTo,
  });

const stateFor = (
  context: FlowContext,
  required: SecondFactorRequired,
  factors: readonly SecondFactor[],
  factor: SecondFactor,
  progress: Progress,
): SecondFactorState => {
  const { run, send, now } = context;
  const { challenge, reason, expiresAt } = required;
  const { factorResetDueAt, codeSentTo, canResendAt, attemptsLeft } = progress;
  const update = (more: Partial<Progress>): SecondFactorState =>
    stateFor(context, required, factors, factor, { ...progress, ...more });

  const base = {
    step: "SECOND_FACTOR" as const,
    busy: false,
    error: null,
    reason,
    factors,
    expiresAt,
    factorResetDueAt,
    restart: () => context.restart(),
    chooseFactor: (chosen: SecondFactor) => {
      if (factors.includes(chosen) && !context.getState().busy)
        context.show(stateFor(context, required, factors, chosen, progress));
    },
    requestFactorReset: () =>
      run(async () => update({ factorResetDueAt: (await send(requestFactorReset(challenge))).dueAt })),
  };

  if (factor === "PASSKEY")
    return {
      ...base,
      factor,
      usePasskey: () =>
        run(async ({ logIn }) => {
          const { auth } = context;
          return logIn("finishPasskeyLogin", {
            ...(await promptForPasskey(send, challenge)),
            transport: auth.transport,
          });
        }),
    };

  const code = {
    ...base,
    attemptsLeft,
    submitCode: (text: string, { trustDevice = false }: { readonly trustDevice?: boolean } = {}) =>
      run(async ({ logIn }) => logIn(VERIFY[factor], { challenge, code: text, trustDevice })),
  };
  if (factor !== "EMAIL_CODE") return { ...code, factor };
  return {
    ...code,
    factor,
    codeSentTo,
    canResendAt,
    resendCode: () =>
      run(async () => {
        try {
          const { sentTo } = await send(sendEmailCode(challenge));
          return update({ codeSentTo: sentTo, canResendAt: now() + RESEND_MS });
        } catch (thrown) {
          const error = loginErrorOf(thrown);
          if (error.retryAfter === null) throw thrown;
          const state = update({ canResendAt: now() + error.retryAfter * 1_000 });
          return { ...state, error };
        }
      }),
  };
};
