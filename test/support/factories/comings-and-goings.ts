import type { GraphQLClient } from "../clients/graphql.ts";
import { type Actor, logIn, newAddress, newPassword, type Served, signUp } from "./actors.ts";

const CHANGE_PASSWORD =
  "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
const LOGOUT = "mutation { logout { endedSession { id } } }";

/** People with accounts, made in small groups: so many at once would wait for each other. */
export const settle = async (app: Served, count: number): Promise<Actor[]> => {
  const people: Actor[] = [];
  while (people.length < count)
    people.push(...(await Promise.all(Array.from({ length: Math.min(8, count - people.length) }, () => signUp(app)))));
  return people;
};

/**
 * One round of somebody's day, three changes one after the other: a login, another password, a logout. Throws where one of
 * them fails; `actor.password` is the one that counts then, unless the answer to the change was lost.
 */
export const comeAndGo = async (actor: Actor, client: GraphQLClient): Promise<void> => {
  const { deviceToken } = client;
  await logIn(client, actor.email, actor.password, deviceToken ? { deviceToken } : {});
  const next = newPassword();
  const input = { currentPassword: actor.password, newPassword: next, logout: "NONE" };
  await client.ask(CHANGE_PASSWORD, { input });
  actor.password = next;
  await client.ask(LOGOUT);
};

/** A client of the actor's own, from an address of his own. */
export const deviceOf = (app: Served, { client }: Actor): GraphQLClient => {
  const device = app.client({ "x-forwarded-for": newAddress() });
  device.deviceToken = client.deviceToken;
  return device;
};
