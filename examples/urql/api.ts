import { type AnyVariables, Client, cacheExchange, fetchExchange, type OperationResult } from "@urql/core";
import { type AuthState, createAuth } from "portcullis/client";
import { authExchange } from "portcullis/client/urql";
import * as operations from "./operations.ts";

/** Keeps the access token in memory; the refresh token is in a cookie that no script can read. */
export const auth = createAuth({ url: "/graphql", transport: "COOKIE" });

const createClient = () =>
  new Client({ url: "/graphql", exchanges: [cacheExchange, authExchange(auth), fetchExchange] });

let client = createClient();

/** Calls `listener` when a user logged in or out, in this or another tab, once the data of the previous user is dropped. */
export const onUserChange = (listener: (state: AuthState) => void): void => {
  auth.onChange((state) => {
    client = createClient(); // urql cannot empty its cache.
    listener(state);
  });
};

const dataOf = <Data>({ data, error }: OperationResult<Data, AnyVariables>): Data => {
  if (error || !data) throw error ?? new Error("The response has no data.");
  return data;
};

/** Sends one step of a login. The last one stores the tokens. */
const sendStep = (mutation: typeof operations.LOGIN, input: object): Promise<operations.LoginResult> =>
  auth.login(async () => dataOf(await client.mutation(mutation, { input })).step);

export const logIn = (identifier: string, password: string) =>
  sendStep(operations.LOGIN, { identifier, password, transport: auth.transport });

export const verifyCode = (factor: operations.CodeFactor, challenge: string, code: string) =>
  sendStep(operations.VERIFY[factor], { challenge, code });

export const resumeLogin = (challenge: string) => sendStep(operations.RESUME_LOGIN, { challenge });

export const listSessions = async (): Promise<readonly operations.Session[]> =>
  dataOf(await client.query(operations.SESSIONS, {}, { requestPolicy: "network-only" })).sessions;
