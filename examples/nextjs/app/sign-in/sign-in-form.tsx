import { useLogin } from "portcullis/react";
import { type FormEvent, useEffect } from "react";

const MESSAGES: Readonly<Record<string, string>> = {
  INVALID_CREDENTIALS: "The address or the password is wrong.",
  INVALID_CODE: "This code is wrong.",
};

/** The steps of a login: password, second factor, confirmation by mail. */
export const SignInForm = ({ onSignedIn }: { readonly onSignedIn?: () => void }) => {
  const login = useLogin();
  useEffect(() => {
    if (login.step === "SIGNED_IN") onSignedIn?.();
  }, [login.step, onSignedIn]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const textOf = (name: string) => String(form.get(name));
    if (login.step === "CREDENTIALS")
      void login.logInWithPassword({ identifier: textOf("identifier"), password: textOf("password") });
    if (login.step === "SECOND_FACTOR" && login.factor !== "PASSKEY") void login.submitCode(textOf("code"));
  };

  return (
    <form onSubmit={submit}>
      {login.step === "CREDENTIALS" && (
        <>
          <h1>Sign in</h1>
          <label>
            E-mail address or username <input name="identifier" autoComplete="username webauthn" required />
          </label>
          <label>
            Password <input name="password" type="password" autoComplete="current-password" required />
          </label>
          <button type="submit">Sign in</button>
          <button type="button" onClick={() => void login.logInWithPasskey()}>
            Use a passkey
          </button>
        </>
      )}
      {login.step === "SECOND_FACTOR" && (
        <>
          <h1>Second factor</h1>
          {login.factor === "PASSKEY" ? (
            // biome-ignore lint/correctness/useHookAtTopLevel: an action of the login, not a hook
            <button type="button" onClick={() => void login.usePasskey()}>
              Use your passkey
            </button>
          ) : (
            <label>
              Code <input name="code" autoComplete="one-time-code" required />
            </label>
          )}
          <button type="submit">Continue</button>
        </>
      )}
      {login.step === "CONFIRMATION" && (
        <>
          <h1>Is this you?</h1>
          <p>
            Open the link in the mail to {login.sentTo} and enter {login.number}. This page then continues.
          </p>
        </>
      )}
      {"error" in login && login.error && <p role="alert">{MESSAGES[login.error.code] ?? "Try again later."}</p>}
    </form>
  );
};
