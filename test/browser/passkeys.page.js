// What a frontend needs for passkeys, and no library. `ask(query, variables)` is whatever sends your GraphQL: it answers the
// data, and throws where there are errors.

/** Adds a passkey to the signed-in user: after a step-up, or with the ticket of the login. */
export async function addPasskey(ask, name, enrolmentTicket) {
  const { startPasskeyRegistration: started } = await ask(
    "mutation ($ticket: String) { startPasskeyRegistration(input: { enrolmentTicket: $ticket }) { challenge publicKey } }",
    { ticket: enrolmentTicket },
  );
  const input = { challenge: started.challenge, response: await createPasskey(started.publicKey), name };
  const { finishPasskeyRegistration: passkey } = await ask(
    "mutation ($input: FinishPasskeyRegistrationInput!) { finishPasskeyRegistration(input: $input) { passkey { id name } } }",
    { input },
  );
  return passkey;
}

/**
 * Lets the user prove a passkey: the input of `finishPasskeyLogin`, and the `passkey` of `reauthenticate`. As second factor it
 * needs the challenge that came with SecondFactorRequired; without one the passkey says who it is.
 */
export async function provePasskey(ask, loginChallenge) {
  const { startPasskeyLogin: started } = await ask(
    "mutation ($challenge: String) { startPasskeyLogin(input: { challenge: $challenge }) { challenge publicKey } }",
    { challenge: loginChallenge },
  );
  return { challenge: started.challenge, response: await getPasskey(started.publicKey) };
}

/** The browser asks the user, makes the passkey and puts it as JSON. */
export async function createPasskey(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  return credential.toJSON();
}

/** The browser asks the user, signs with the passkey and puts the answer as JSON. */
export async function getPasskey(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  return credential.toJSON();
}
