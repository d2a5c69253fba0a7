// @vitest-environment happy-dom
import { act, cleanup, render, screen } from "@testing-library/react";
import { type ReactNode, StrictMode, Suspense, use } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pending, refusal, ScriptedApi, USER } from "../../../test/support/clients/scripted-api.ts";
import type { Auth } from "../auth.ts";
import type { AuthState } from "../auth-store.ts";
import { AuthFailure } from "../failure.ts";
import {
  AuthProvider,
  type AuthProviderProps,
  RequireAuth,
  SignedIn,
  SignedOut,
  useAuth,
  useLogin,
  useReauthenticate,
  useSession,
  useUser,
} from "./index.ts";

let script: ScriptedApi;
let auth: Auth;
/** What React has logged: warnings and errors. */
let complaints: unknown[][];

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  script = new ScriptedApi().on("me", () => USER);
  auth = script.open().auth;
  complaints = [];
  for (const level of ["error", "warn"] as const)
    vi.spyOn(console, level).mockImplementation((...said: unknown[]) => void complaints.push(said));
});
afterEach(() => {
  cleanup();
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  expect(complaints).toEqual([]);
});

const SIGNED_IN: AuthState = Object.freeze({
  status: "SIGNED_IN",
  sessionId: "session-1",
  reason: null,
  tenantId: null,
  tenantError: null,
});

const Providers = ({ children, ...props }: Partial<AuthProviderProps>) => (
  <StrictMode>
    <AuthProvider auth={auth} execute={script.execute} {...props}>
      {children}
    </AuthProvider>
  </StrictMode>
);

/** Renders in StrictMode, whose effects run twice. */
const show = (children: ReactNode, props: Partial<AuthProviderProps> = {}) =>
  act(async () => render(<Providers {...props}>{children}</Providers>));

const text = () => document.body.textContent;
const signIn = (sessionId = "session-1") => act(() => auth.accept(script.api.logIn(sessionId)));

describe("the provider", () => {
  it("finds out who is signed in", async () => {
    await show(
      <>
        <SignedIn fallback="waiting">in</SignedIn>
        <SignedOut>out</SignedOut>
      </>,
    );
    expect(text()).toBe("out");
    await signIn();
    expect(text()).toBe("in");
    await act(() => auth.logout());
    expect(text()).toBe("out");
  });

  it("shows the fallback until it is known, and asks again while the API is unavailable", async () => {
    vi.useFakeTimers();
    const ready = vi.spyOn(auth, "ready").mockRejectedValue(new AuthFailure("RATE_LIMITED", "Wait.", 7));
    await show(<SignedOut fallback="waiting">out</SignedOut>);
    const asked = ready.mock.calls.length;
    await act(() => vi.advanceTimersByTimeAsync(6_000));
    expect(ready.mock.calls).toHaveLength(asked);
    expect(text()).toBe("waiting");
    ready.mockRestore();
    await act(() => vi.advanceTimersByTimeAsync(2_000));
    expect(text()).toBe("out");
    vi.useRealTimers();
  });

  it("is required", () => {
    const Lost = () => useSession().status;
    expect(() => renderToString(<Lost />)).toThrow("<AuthProvider>");
  });

  it("gives the hooks the auth of the app, and the session", async () => {
    const seen: unknown[] = [];
    const Page = () => {
      seen.push(useAuth());
      return useSession().sessionId;
    };
    await show(<Page />);
    await signIn();
    expect(seen.every((one) => one === auth)).toBe(true);
    expect(text()).toBe("session-1");
  });
});

describe("RequireAuth", () => {
  it("renders its children for a signed-in user, and reports when the user signs out, with the reason", async () => {
    const onSignedOut = vi.fn();
    await act(() => auth.accept(script.api.logIn("session-1")));
    await show(
      <RequireAuth fallback="waiting" onSignedOut={onSignedOut}>
        secret
      </RequireAuth>,
    );
    expect(text()).toBe("secret");
    expect(onSignedOut).not.toHaveBeenCalled();
    await act(() => auth.end("session-1", { reason: "REVOKED" }));
    expect(text()).toBe("waiting");
    expect(onSignedOut).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ reason: "REVOKED" }));
  });
});

describe("useUser", () => {
  const Name = () => {
    const { user, loading, error, refetch } = useUser();
    return (
      <button type="button" onClick={() => void refetch()}>
        {error ? error.code : loading ? "loading" : (user?.name ?? "none")}
      </button>
    );
  };

  it("reads the user once for all components of a session", async () => {
    const answer = pending();
    script.on("me", () => answer.promise.then(() => USER));
    await act(() => auth.accept(script.api.logIn("session-1")));
    await show([<Name key="1" />, <Name key="2" />]);
    expect(text()).toBe("loadingloading");
    await act(async () => answer.resolve());
    expect(text()).toBe("AdaAda");
    expect(script.countOf("me")).toBe(1);
  });

  it("drops the user when another one signs in, and when the user signs out", async () => {
    await act(() => auth.accept(script.api.logIn("session-1")));
    await show(<Name />);
    const answer = pending();
    script.on("me", () => answer.promise.then(() => ({ ...USER, name: "Bob" })));
    await signIn("session-2");
    expect(text()).toBe("loading");
    await act(async () => answer.resolve());
    expect(text()).toBe("Bob");
    await act(() => auth.logout());
    expect(text()).toBe("none");
  });

  it("ignores an answer for an earlier session", async () => {
    const [first, second] = [pending(), pending()];
    const answers = [first.promise.then(() => USER), second.promise.then(() => ({ ...USER, name: "Bob" }))];
    script.on("me", () => answers.shift());
    await act(() => auth.accept(script.api.logIn("session-1")));
    await show(<Name />);
    await signIn("session-2");
    await act(async () => second.resolve());
    await act(async () => first.resolve());
    expect(text()).toBe("Bob");
  });

  it("shows an error, and reads again on request", async () => {
    script.on("me", () => {
      throw refusal("SERVICE_UNAVAILABLE");
    });
    await act(() => auth.accept(script.api.logIn("session-1")));
    await show(<Name />);
    expect(text()).toBe("SERVICE_UNAVAILABLE");
    script.on("me", () => USER);
    await act(async () => screen.getByRole("button").click());
    expect(text()).toBe("Ada");
  });
});

describe("useLogin", () => {
  const Form = () => {
    const login = useLogin();
    switch (login.step) {
      case "CREDENTIALS":
        return (
          <button
            type="button"
            disabled={login.busy}
            onClick={() => void login.logInWithPassword({ identifier: "ada", password: "secret" })}
          >
            {login.error?.code ?? login.restartReason ?? "log in"}
          </button>
        );
      case "CONFIRMATION":
        return login.number;
      case "SIGNED_IN":
        return login.user.name;
      default:
        return login.step;
    }
  };

  it("shows the steps of a login", async () => {
    script.on("login", () => script.loginSuccess());
    await show(<Form />);
    await act(async () => screen.getByRole("button").click());
    expect(text()).toBe("Ada");
    expect(auth.getState().sessionId).toBe("session-1");
  });

  it("waits for a mail in StrictMode, and stops when its page is left", async () => {
    vi.useFakeTimers();
    script
      .on("login", () => ({
        __typename: "LoginConfirmationRequired",
        challenge: "challenge-1",
        number: "42",
        sentTo: "ad***@example.com",
        expiresAt: "2100-01-01T00:00:00Z",
      }))
      .on("checkPendingLogin", () => ({ pendingLogin: { status: "WAITING" } }));
    const { unmount } = await show(<Form />);
    await act(async () => screen.getByRole("button").click());
    expect(text()).toBe("42");
    await act(() => vi.advanceTimersByTimeAsync(7_000));
    expect(script.countOf("checkPendingLogin")).toBe(2);
    unmount();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(script.countOf("checkPendingLogin")).toBe(2);
    vi.useRealTimers();
  });

  it("keeps its step while another part of the page suspends", async () => {
    script.on("login", () => ({ __typename: "CaptchaRequired" }));
    const data = pending<string>();
    const Slow = () => use(data.promise);
    await show(
      <Suspense fallback="suspended">
        <Form />
        <Suspense fallback=" loading">
          <Slow />
        </Suspense>
      </Suspense>,
    );
    await act(async () => screen.getByRole("button").click());
    expect(text()).toBe("UNKNOWN loading");
    await act(async () => data.resolve(" loaded"));
    expect(text()).toBe("UNKNOWN loaded");
  });
});

describe("useReauthenticate", () => {
  const Dialog = () => {
    const { dialog } = useReauthenticate();
    if (dialog.step !== "PROOF" || dialog.method !== "PASSWORD") return null;
    return (
      <dialog open>
        <button type="button" onClick={() => void dialog.submit("secret")}>
          prove
        </button>
        <button type="button" onClick={dialog.cancel}>
          cancel
        </button>
      </dialog>
    );
  };
  const results: unknown[] = [];
  const Action = ({ call }: { readonly call: () => Promise<string> }) => {
    const { run } = useReauthenticate();
    const onClick = () =>
      void run(call).then(
        (result) => results.push(result),
        () => results.push("refused"),
      );
    return (
      <button type="button" onClick={onClick}>
        act
      </button>
    );
  };
  beforeEach(async () => {
    results.length = 0;
    script.on("reauthenticate", () => script.api.stepUp("session-1", 600));
    await act(() => auth.accept(script.api.logIn("session-1")));
  });

  const call = async () => {
    if (script.countOf("reauthenticate") === 0) throw refusal("REAUTHENTICATION_REQUIRED");
    return "done";
  };

  it("opens one dialog for the calls of all components, and repeats them after the proof", async () => {
    await show([<Dialog key="dialog" />, <Action key="1" call={call} />, <Action key="2" call={call} />]);
    await act(async () => {
      for (const button of screen.getAllByText("act")) button.click();
    });
    await act(async () => screen.getByText("prove").click());
    expect(results).toEqual(["done", "done"]);
    expect(screen.queryByText("prove")).toBeNull();
    expect(script.countOf("reauthenticate")).toBe(1);
  });

  it("fails if the user cancels", async () => {
    await show([<Dialog key="dialog" />, <Action key="1" call={call} />]);
    await act(async () => screen.getByText("act").click());
    await act(async () => screen.getByText("cancel").click());
    expect(results).toEqual(["refused"]);
  });
});

describe("server-side rendering", () => {
  const Page = () => {
    const { user } = useUser();
    const login = useLogin();
    const { dialog } = useReauthenticate();
    return (
      <main>
        <SignedIn fallback="waiting">Hello {user?.name}</SignedIn>
        <SignedOut>{login.step}</SignedOut>
        {dialog.step}
      </main>
    );
  };
  const page = (props: Partial<AuthProviderProps>) => (
    <Providers {...props}>
      <Page />
    </Providers>
  );

  it("renders the fallback without a session, and sends nothing", () => {
    expect(renderToString(page({}))).toBe("<main>waiting<!-- -->IDLE</main>");
    expect(script.sent).toEqual([]);
    expect(script.api.asked).toEqual([]);
  });

  it.each<[string, AuthState | undefined, boolean, string, string]>([
    ["a known user", SIGNED_IN, true, "Hello Ada", "Hello Ada"],
    ["nothing known", undefined, true, "waiting", "Hello Ada"],
    ["a session that has ended since", SIGNED_IN, false, "Hello Ada", "CREDENTIALS"],
  ])("is hydrated without a warning, with %s", async (_, initialSession, isLive, before, after) => {
    const props = { initialSession, initialUser: initialSession ? USER : null };
    const root = document.createElement("div");
    document.body.append(root);
    root.innerHTML = renderToString(page(props));
    expect(root.textContent).toBe(`${before}IDLE`);
    if (isLive) await auth.accept(script.api.logIn("session-1"));
    const shown: (string | null)[] = [];
    const observer = new MutationObserver(() => shown.push(root.textContent));
    observer.observe(root, { characterData: true, childList: true, subtree: true });
    const recovered = vi.fn();
    const hydrated = await act(async () => hydrateRoot(root, page(props), { onRecoverableError: recovered }));
    expect(root.textContent).toBe(`${after}IDLE`);
    expect(recovered).not.toHaveBeenCalled();
    // What the server has rendered is never replaced by the fallback.
    if (before === after) expect(shown).toEqual([]);
    if (initialSession && isLive) expect(script.countOf("me")).toBe(0);
    await act(async () => hydrated.unmount());
    observer.disconnect();
  });
});
