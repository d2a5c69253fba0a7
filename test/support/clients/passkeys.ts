import { expect } from "vitest";
import { snapshotOf } from "../factories/database-snapshot.ts";
import type { SignedInUser } from "../factories/users.ts";
import type { TestApp } from "../servers/app.ts";
import { beginLogin, FINISH_PASSKEY_LOGIN, START_PASSKEY_LOGIN } from "./factors.ts";
import type { GraphQLErrorAnswer, UntypedData } from "./graphql.ts";

export const START_REGISTRATION =
  "mutation ($ticket: String) { startPasskeyRegistration(input: { enrolmentTicket: $ticket }) { challenge publicKey } }";
export const FINISH_REGISTRATION = `mutation ($input: FinishPasskeyRegistrationInput!) {
  finishPasskeyRegistration(input: $input) { passkey { id name useCount lastUsedAt backedUp } }
}`;
export const DELETE_PASSKEY = "mutation ($id: ID!) { removePasskey(input: { passkeyId: $id }) { deletedPasskeyId } }";
export const PASSKEYS = `{
  me { mfa { enabled passkeyCount preferredFactor } passkeys { id name useCount lastUsedAt backedUp } }
}`;

/** The input of `finishPasskeyLogin` and `reauthenticate`, and that of `finishPasskeyRegistration`. */
export interface PasskeyInput {
  readonly challenge: string;
  readonly response: UntypedData;
}

/** A browser, real or not: options in, the JSON of a credential out. */
export type Ceremony = (publicKey: UntypedData) => UntypedData;

/** The use of passkeys through the API. */
export const passkeysOf = (app: TestApp) => {
  const startLogin = async (loginChallenge?: string): Promise<{ challenge: string; publicKey: UntypedData }> =>
    (await app.client().ask(START_PASSKEY_LOGIN, { challenge: loginChallenge })).startPasskeyLogin;

  /** Starts a registration and creates a passkey that is not submitted yet. */
  const make = async ({ client }: SignedInUser, create: Ceremony): Promise<PasskeyInput> => {
    const { challenge, publicKey } = (await client.ask(START_REGISTRATION)).startPasskeyRegistration;
    return { challenge, response: await create(publicKey) };
  };

  return {
    startLogin,
    make,

    async enrol(person: SignedInUser, create: Ceremony): Promise<UntypedData> {
      const input = await make(person, create);
      return (await person.client.ask(FINISH_REGISTRATION, { input })).finishPasskeyRegistration.passkey;
    },

    /** The challenge of a login that waits for its second factor. */
    async passwordGiven(person: SignedInUser): Promise<string> {
      return (await beginLogin(app.client(), person)).challenge;
    },

    /** Starts a login, or its second factor, and answers it with `get`. */
    async prove(get: Ceremony, loginChallenge?: string): Promise<PasskeyInput> {
      const { challenge, publicKey } = await startLogin(loginChallenge);
      return { challenge, response: await get(publicKey) };
    },

    async finish(input: PasskeyInput): Promise<UntypedData> {
      return (await app.client().ask(FINISH_PASSKEY_LOGIN, { input })).finishPasskeyLogin;
    },

    /** Asserts that this logs no user in and changes nothing of these users except their history. */
    async expectNoLogin(
      input: PasskeyInput,
      people: readonly SignedInUser[],
      code = "INVALID_CREDENTIALS",
    ): Promise<void> {
      await expectRefusal(app, people, code, () => app.client().refused(FINISH_PASSKEY_LOGIN, { input }));
    },

    /** Asserts that this adds no passkey to the user and changes nothing. */
    async expectNoPasskey(input: PasskeyInput, person: SignedInUser, code = "BAD_REQUEST"): Promise<void> {
      await expectRefusal(app, [person], code, () => person.client.refused(FINISH_REGISTRATION, { input }));
    },
  };
};

const expectRefusal = async (
  app: TestApp,
  people: readonly SignedInUser[],
  code: string,
  attempt: () => Promise<GraphQLErrorAnswer["extensions"]>,
): Promise<void> => {
  const holdings = async () => (await snapshotOf(app, people)).filter(({ kind }) => kind !== "event");
  const before = await holdings();
  expect(await attempt()).toMatchObject({ code });
  expect(await holdings()).toEqual(before);
};
