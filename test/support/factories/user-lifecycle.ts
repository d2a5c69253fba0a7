import type { GraphQLClient } from "../clients/graphql.ts";
import { logIn, newAddress, newPassword, type Served, type SignedInUser, signUp } from "./users.ts";

const CHANGE_PASSWORD =
  "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
const LOGOUT = "mutation { logout { endedSessionId } }";

/** Users with accounts, created in small groups, because too many concurrent ones would wait for each other. */
export const signUpMany = async (app: Served, count: number): Promise<SignedInUser[]> => {
  const people: SignedInUser[] = [];
  while (people.length < count)
    people.push(...(await Promise.all(Array.from({ length: Math.min(8, count - people.length) }, () => signUp(app)))));
  return people;
};

/**
 * One user's three changes in sequence: a login, another password, a logout. `actor.password` is the valid one afterwards, unless
 * the response to the change was lost.
 * @throws if one of them fails
 */
export const runUserLifecycle = async (actor: SignedInUser, client: GraphQLClient): Promise<void> => {
  const { deviceToken } = client;
  await logIn(client, actor.email, actor.password, deviceToken ? { deviceToken } : {});
  const next = newPassword();
  const input = { currentPassword: actor.password, newPassword: next, logout: "NONE" };
  await client.ask(CHANGE_PASSWORD, { input });
  actor.password = next;
  await client.ask(LOGOUT);
};

/** A new client of the actor, from a new address. */
export const deviceOf = (app: Served, { client }: SignedInUser): GraphQLClient => {
  const device = app.client({ "x-forwarded-for": newAddress() });
  device.deviceToken = client.deviceToken;
  return device;
};
