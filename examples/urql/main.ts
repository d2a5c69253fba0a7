import { errorOf } from "portcullis/client";
import { auth, listSessions, logIn, onUserChange, resumeLogin, verifyCode } from "./api.ts";
import { messageOf } from "./messages.ts";
import type { CodeFactor, LoginResult } from "./operations.ts";

const VIEWS = ["login", "code", "confirmation", "account"] as const;
const LABELS: Readonly<Record<CodeFactor, string>> = {
  TOTP: "a code of your authenticator app",
  BACKUP_CODE: "a backup code",
  EMAIL_CODE: "the code that was mailed to you",
};

const find = <Element extends HTMLElement>(selector: string): Element => {
  const found = document.querySelector<Element>(selector);
  if (!found) throw new Error(`index.html has no ${selector}.`);
  return found;
};

const show = (view: (typeof VIEWS)[number]): void => {
  for (const name of VIEWS) find(`#${name}`).hidden = name !== view;
  say("");
};

const say = (message: string): void => {
  find("#message").textContent = message;
};

/** Calls `send` with the fields of a form; shows the next step of the login, or an error. */
const onSubmit = (form: string, send: (fields: Record<string, string>) => Promise<LoginResult>): void =>
  find<HTMLFormElement>(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    const target = event.currentTarget as HTMLFormElement;
    try {
      const step = await send(Object.fromEntries(new FormData(target)) as Record<string, string>);
      target.reset();
      showStep(step);
    } catch (error) {
      if (isOver(error)) show("login");
      say(messageOf(error));
    }
  });

/** Whether the login must start again. */
const isOver = (thrown: unknown): boolean => {
  const error = errorOf(thrown);
  return error?.code === "INVALID_TOKEN" || (error?.code === "INVALID_CODE" && error.attemptsLeft === 0);
};

/** The login that waits for its next step. */
let challenge = "";

const showStep = (step: LoginResult): void => {
  switch (step.__typename) {
    case "LoginSuccess":
    case "EnrolmentRequired":
      break; // `onUserChange` shows the account, in all tabs.
    case "SecondFactorRequired": {
      challenge = step.challenge;
      const offered = (Object.keys(LABELS) as CodeFactor[]).filter((factor) => step.factors.includes(factor));
      if (offered.length === 0) {
        say("This page does not support passkeys: see docs/second-factors.md.");
        break;
      }
      find("[name=factor]").replaceChildren(...offered.map((factor) => new Option(LABELS[factor], factor)));
      show("code");
      break;
    }
    case "LoginConfirmationRequired":
      challenge = step.challenge;
      find("#sent-to").textContent = step.sentTo;
      find("#number").textContent = step.number;
      show("confirmation");
      break;
    default:
      say("This page is too old for this login. Reload it.");
  }
};

const showSessions = async (): Promise<void> => {
  try {
    const sessions = await listSessions();
    find("#sessions").replaceChildren(
      ...sessions.map(({ device, lastActivityAt, current }) => {
        const item = document.createElement("li");
        const time = new Date(lastActivityAt).toLocaleString();
        item.textContent = `${device.label}, ${current ? "this session" : `last used ${time}`}`;
        return item;
      }),
    );
  } catch (error) {
    say(messageOf(error));
  }
};

onSubmit("#login", ({ identifier = "", password = "" }) => logIn(identifier, password));
onSubmit("#code", ({ factor, code = "" }) => verifyCode(factor as CodeFactor, challenge, code));
onSubmit("#confirmation", () => resumeLogin(challenge));
find("#logout").addEventListener("click", () => void auth.logout());

onUserChange(({ status, reason }) => {
  if (status === "SIGNED_IN") {
    show("account");
    void showSessions();
  } else {
    show("login");
    if (reason === "TOKEN_REUSED") say("You were logged out for safety.");
  }
});
// Whether a user is logged in already, from an earlier visit or another tab.
auth.ready().catch((error) => say(messageOf(error)));
