// The only thing on these pages that acts, and only when a person clicks: mail gateways open links and submit forms.
const OPERATIONS = {
  "verify-email": "mutation ($token: String!) { result: verifyEmail(token: $token) { email } }",
  "undo-email-change": "mutation ($token: String!) { result: undoEmailChange(token: $token) { email } }",
  "reset-password":
    "mutation ($token: String!, $newPassword: String!) { result: resetPassword(input: { token: $token, newPassword: $newPassword }) { endedSessions } }",
};
const TOKEN_STATUS = "query ($token: String!) { result: passwordResetToken(token: $token) { valid } }";

const { page } = document.body.dataset;
const byId = (id) => document.getElementById(id);
const [task, button, status, password, repeated] = ["task", "act", "status", "password", "repeated"].map(byId);

// Out of the address bar and the history before anything else: both are shown, synchronised and shared.
const token = new URLSearchParams(location.search).get("token");
history.replaceState(null, "", location.pathname);

/** Sends one operation, without cookies: the token alone speaks. Answers with `{ result }` or `{ error }`. */
const send = async (query, variables) => {
  try {
    const response = await fetch("graphql", {
      method: "POST",
      credentials: "omit",
      signal: AbortSignal.timeout(20_000),
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    return data?.result ? { result: data.result } : { error: errors?.[0] ?? {} };
  } catch {
    return { error: {} };
  }
};

/** Says one of the page's texts; `detail` is the server's own, English sentence. */
const say = (name, { email = "", detail = "" } = {}) => {
  const text = byId("texts").content.querySelector(`[data-text="${name}"]`).cloneNode(true);
  text.textContent = text.textContent.replace("{email}", () => email);
  status.dataset.kind = name;
  status.replaceChildren(text);
  if (detail) status.append(Object.assign(document.createElement("p"), { lang: "en", textContent: detail }));
};

/** The last word of this page: nothing is left to do on it. */
const finish = (name, values) => {
  task.hidden = true;
  say(name, values);
  status.focus();
};

const explain = ({ message, extensions: { code, fields } = {} }) => {
  if (code === "INVALID_TOKEN") return finish("invalid");
  if (code === "RATE_LIMITED") return say("limited");
  if (code !== "BAD_REQUEST" && code !== "BAD_USER_INPUT") return say("failed");
  if (!password) return finish("invalid");
  say("refused", { detail: fields?.map((fault) => fault.message).join(" ") || message });
  password.focus();
};

// Marked busy instead of disabled: a disabled button would lose the focus of whoever pressed it by keyboard.
const isBusy = () => button.ariaDisabled === "true";

const act = async () => {
  if (isBusy()) return;
  if (password && !(password.value && repeated.value)) return say("empty");
  if (password && password.value !== repeated.value) return say("mismatch");
  button.ariaDisabled = "true";
  say("working");
  const { result, error } = await send(OPERATIONS[page], { token, newPassword: password?.value });
  button.ariaDisabled = "false";
  if (error) return explain(error);
  finish("done", result);
};

// `isTrusted` is false for every click a script made.
button.addEventListener("click", (event) => event.isTrusted && act());
for (const field of [password, repeated]) {
  field?.addEventListener("keydown", (event) => event.isTrusted && event.key === "Enter" && act());
}
byId("show")?.addEventListener("change", ({ target }) => {
  for (const field of [password, repeated]) field.type = target.checked ? "text" : "password";
});

const begin = async () => {
  if (!token) return finish("missing");
  // Do not let anybody think up a password for a link that is dead. Only a clear no counts: the button tells the rest.
  const { result } = password ? await send(TOKEN_STATUS, { token }) : {};
  if (result?.valid === false) return finish("invalid");
  task.hidden = false;
};

begin();
