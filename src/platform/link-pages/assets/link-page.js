// The only code on these pages that acts, and only on a user's click, because mail gateways open links and submit forms.
const byId = (id) => document.getElementById(id);
const [task, status, choice, password, repeated] = ["task", "status", "choice", "password", "repeated"].map(byId);
const [credential, olderPassword, olderCode] = ["credential", "older-password", "older-code"].map(byId);
const [number, trustDevice] = ["number", "trust-device"].map(byId);
const buttons = document.querySelectorAll("button[data-action]");

/** The token is in the fragment, which is never sent to a server; mails of earlier versions have it in the query. */
const tokenIn = (part) => new URLSearchParams(part.slice(1)).get("token");
const token = tokenIn(location.hash) ?? tokenIn(location.search);
// Remove the token from the address bar and the history before anything else: both are visible, synchronized and shared.
history.replaceState(null, "", location.pathname);
// Another link opened in the same tab changes only the fragment, so the page would keep the first one.
addEventListener("hashchange", () => location.reload());

/** The operation with this name on the page, or null. */
const operation = (name) => byId("operations").content.querySelector(`[data-operation="${name}"]`);
const declares = (name, variable) => operation(name).textContent.includes(`$${variable}:`);

/**
 * Sends one operation with those variables that it declares. Returns `{ result }` or `{ error }`. Without cookies, unless the
 * page requires them: in the browser that registered, a cookie contains the challenge of the registration, and a known device has
 * one, too.
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

/** In a text from right to left, an address or device stands between FSI and PDI, so that it does not reorder the words around it. */
const isolated = (value) => (document.dir === "rtl" ? `\u2068${value}\u2069` : value);

/** Shows one of the page's texts; `detail` is an English sentence of the server. */
const say = (name, { kind = name, values = {}, detail = "" } = {}) => {
  const text = byId("texts").content.querySelector(`[data-text="${name}"]`).cloneNode(true);
  text.textContent = text.textContent.replace(/\{(\w+)\}/g, (_, key) => isolated(values[key]));
  status.dataset.kind = kind;
  status.replaceChildren(text);
  if (detail)
    status.append(Object.assign(document.createElement("p"), { lang: "en", dir: "ltr", textContent: detail }));
};

/** Shows the final text of this page: no action remains. */
const finish = (name, options) => {
  task.hidden = true;
  say(name, options);
  status.focus();
};

/** The e-mail address in an access token. A session that may only add a second factor cannot query its user. */
const emailIn = (accessToken) => {
  const [, claims] = accessToken.split(".");
  const bytes = Uint8Array.from(atob(claims.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)).email;
};

/** The values that the texts may contain. The location of a device may be unknown. */
const valuesOf = ({ email, tokens, device, location }) => ({
  email: email ?? (tokens && emailIn(tokens.accessToken)),
  device: [device, location].flatMap((part) => part?.label ?? []).join(", "),
});

/** Whether to choose a password: if it is always required, or once the API has asked for it. */
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

/** The number is shown in the window that is logging in: this page does not know it. */
const askNumber = () => {
  say("noNumber", { kind: "refused" });
  number.focus();
};

/** The proof from before the change that the user entered; empty until the page has asked for it. */
const olderProof = () => {
  const [typed, totpCode] = [olderPassword.value, olderCode.value.trim()];
  // The API accepts one proof.
  if (totpCode) return { proof: { totpCode } };
  return typed ? { proof: { password: typed } } : {};
};

let busy = false;

// Marked as busy instead of disabled: a disabled button would lose the focus of keyboard users.
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
  // The operation has opened a session, which may only be for adding a second factor. This page ends it in either case, because
  // the user logs in at the app.
  if (result?.tokens) await send("endSession", {}, { authorization: `Bearer ${result.tokens.accessToken}` });
  setBusy(false);
  if (error) return explain(error);
  finish(action, { kind: "done", values: valuesOf(result) });
};

// `isTrusted` is false for every click made by a script.
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
  // Users should not choose a password for an expired link. Only a definite no counts; otherwise the button will report it.
  const { result } = operation("status") === null ? {} : await send("status", { token });
  if (result?.valid === false) return finish("invalid");
  task.hidden = false;
};

begin();
