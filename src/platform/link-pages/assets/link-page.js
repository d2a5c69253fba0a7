// The only thing on these pages that acts, and only when a person clicks: mail gateways open links and submit forms.
const byId = (id) => document.getElementById(id);
const [task, status, choice, password, repeated] = ["task", "status", "choice", "password", "repeated"].map(byId);
const [credential, olderPassword, olderCode] = ["credential", "older-password", "older-code"].map(byId);
const [number, trustDevice] = ["number", "trust-device"].map(byId);
const buttons = document.querySelectorAll("button[data-action]");

/** In the fragment, which is sent to nobody; mails of earlier versions have it in the query. */
const tokenIn = (part) => new URLSearchParams(part.slice(1)).get("token");
const token = tokenIn(location.hash) ?? tokenIn(location.search);
// Out of the address bar and the history before anything else: both are shown, synchronised and shared.
history.replaceState(null, "", location.pathname);
// Another link opened in the same tab changes nothing but the fragment: the page would stay with the first one.
addEventListener("hashchange", () => location.reload());

/** The operation of that name on this page, or null. */
const operation = (name) => byId("operations").content.querySelector(`[data-operation="${name}"]`);
const declares = (name, variable) => operation(name).textContent.includes(`$${variable}:`);

/**
 * Sends one operation, with those of the variables that it declares, and answers with `{ result }` or `{ error }`. Without
 * cookies, unless the page says otherwise: in the browser that registered a cookie holds the challenge of the registration,
 * and a device that is known has one.
 */
const send = async (name, variables, headers = {}) => {
  try {
    const response = await fetch("graphql", {
      method: "POST",
      credentials: "cookies" in operation(name).dataset ? "same-origin" : "omit",
      signal: AbortSignal.timeout(20_000),
      headers: { "content-type": "application/json", accept: "application/json", ...headers },
      body: JSON.stringify({
        query: operation(name).textContent,
        variables: Object.fromEntries(Object.entries(variables).filter(([variable]) => declares(name, variable))),
      }),
    });
    const { data, errors } = await response.json();
    return data?.result ? { result: data.result } : { error: errors?.[0] ?? {} };
  } catch {
    return { error: {} };
  }
};

/** Says one of the page's texts; `detail` is the server's own, English sentence. */
const say = (name, { kind = name, values = {}, detail = "" } = {}) => {
  const text = byId("texts").content.querySelector(`[data-text="${name}"]`).cloneNode(true);
  text.textContent = text.textContent.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  status.dataset.kind = kind;
  status.replaceChildren(text);
  if (detail) status.append(Object.assign(document.createElement("p"), { lang: "en", textContent: detail }));
};

/** The last word of this page: nothing is left to do on it. */
const finish = (name, options) => {
  task.hidden = true;
  say(name, options);
  status.focus();
};

/** Whose access token it is. A session that may only add a second factor cannot ask for its user. */
const emailIn = (accessToken) => {
  const [, claims] = accessToken.split(".");
  const bytes = Uint8Array.from(atob(claims.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)).email;
};

/** What the texts may say of a result. The place of a device may be unknown. */
const valuesOf = ({ email, tokens, device, location }) => ({
  email: email ?? (tokens && emailIn(tokens.accessToken)),
  device: [device, location].flatMap((part) => part?.label ?? []).join(", "),
});

/** Whether a password is to be chosen: where one is always needed, or once the API has asked for it. */
const asksPassword = () => choice !== null && !choice.hidden;

const explain = ({ message, extensions: { code, reason, fields } = {} }) => {
  if (reason === "PASSWORD_REQUIRED") {
    choice.hidden = false;
    say("choose");
    password.focus();
    return;
  }
  if (code === "INVALID_TOKEN") return finish("invalid");
  if (code === "INVALID_CODE") return finish("wrongNumber");
  if (code === "BAD_USER_INPUT" && number !== null) return askNumber();
  if (reason === "OLDER_CREDENTIAL_REQUIRED") {
    credential.hidden = false;
    say("older", { kind: "refused" });
    return olderPassword.focus();
  }
  if (code === "RATE_LIMITED") return say("limited");
  if (code !== "BAD_REQUEST" && code !== "BAD_USER_INPUT") return say("failed");
  if (!asksPassword()) return finish("invalid");
  say("refused", { detail: fields?.map((fault) => fault.message).join(" ") || message });
  password.focus();
};

/** The number is in the window that is logging in: this page does not know it. */
const askNumber = () => {
  say("noNumber", { kind: "refused" });
  number.focus();
};

/** What was typed that is older than the change; nothing until the page has asked for it. */
const olderProof = () => {
  const [typed, totpCode] = [olderPassword.value, olderCode.value.trim()];
  // The API takes one proof.
  if (totpCode) return { proof: { totpCode } };
  return typed ? { proof: { password: typed } } : {};
};

let busy = false;

// Marked busy instead of disabled: a disabled button would lose the focus of whoever pressed it by keyboard.
const setBusy = (value) => {
  busy = value;
  for (const button of buttons) button.ariaDisabled = `${value}`;
};

const request = async (action) => {
  const newPassword = asksPassword() ? password.value : null;
  const variables = {
    token,
    newPassword,
    ...(credential && olderProof()),
    ...(number && { number: number.value, trustDevice: trustDevice.checked }),
  };
  const answer = await send(action, variables);
  const isOther = operation("earlier") !== null && answer.error?.extensions?.code === "INVALID_TOKEN";
  const other = isOther ? await send("earlier", variables) : answer;
  return other.result ? other : answer;
};

const act = async (action) => {
  if (busy) return;
  if (asksPassword() && !(password.value && repeated.value)) return say("empty");
  if (asksPassword() && password.value !== repeated.value) return say("mismatch");
  if (declares(action, "number") && !number.value.trim()) return askNumber();
  setBusy(true);
  say("working");
  const { result, error } = await request(action);
  // The operation has opened a session, which may be for adding a second factor only. This page ends it either way: the user
  // logs in at the app.
  if (result?.tokens) await send("endSession", {}, { authorization: `Bearer ${result.tokens.accessToken}` });
  setBusy(false);
  if (error) return explain(error);
  finish(action, { kind: "done", values: valuesOf(result) });
};

// `isTrusted` is false for every click a script made.
for (const button of buttons) {
  button.addEventListener("click", (event) => event.isTrusted && act(button.dataset.action));
}
for (const field of [password, repeated, number]) {
  field?.addEventListener(
    "keydown",
    (event) => event.isTrusted && event.key === "Enter" && act(buttons[0].dataset.action),
  );
}
byId("show")?.addEventListener("change", ({ target }) => {
  for (const field of [password, repeated]) field.type = target.checked ? "text" : "password";
});

const begin = async () => {
  if (!token) return finish("missing");
  // Nobody is to think up a password for a link that is dead. Only a clear no counts: the button tells the rest.
  const { result } = operation("status") === null ? {} : await send("status", { token });
  if (result?.valid === false) return finish("invalid");
  task.hidden = false;
};

begin();
