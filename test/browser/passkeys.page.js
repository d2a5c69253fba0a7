// The script that a frontend needs for passkeys, without a library. `ask(query, variables)` is your function that sends GraphQL:
// it returns the data, and throws if there are errors.

/** Adds a passkey to the signed-in user: after a step-up, or with the ticket of the login. */
export async function addPasskey(ask, name, enrolmentTicket) {
  const { startPasskeyRegistration: started } = await ask(
    "mutation ($ticket: String) { startPasskeyRegistration(input: { enrolmentTicket: $ticket }) { challenge publicKey } }",
    { ticket: enrolmentTicket },
  );
  const input = { challenge: started.challenge, response: await createPasskey(started.publicKey), name };
  const { finishPasskeyRegistration: added } = await ask(
    "mutation ($input: FinishPasskeyRegistrationInput!) { finishPasskeyRegistration(input: $input) { passkey { id name } } }",
    { input },
  );
  return added.passkey;
}

/**
 * Lets the user prove possession of a passkey: the input of `finishPasskeyLogin`, and the `passkey` of `reauthenticate`. As a second
 * factor it needs the challenge from SecondFactorRequired; without one, the passkey identifies the user.
 */
export async function provePasskey(ask, loginChallenge) {
  const { startPasskeyLogin: started } = await ask(
    "mutation ($challenge: String) { startPasskeyLogin(input: { challenge: $challenge }) { challenge publicKey } }",
    { challenge: loginChallenge },
  );
  return { challenge: started.challenge, response: await getPasskey(started.publicKey) };
}

/** Asks the user through the browser, creates the passkey and returns it as JSON. */
export async function createPasskey(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  return credential.toJSON();
}

/** Asks the user through the browser, signs with the passkey and returns the response as JSON. */
export async function getPasskey(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  return credential.toJSON();
}
