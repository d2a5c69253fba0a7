import type { ApolloClient, TypedDocumentNode } from "@apollo/client";
import {
  OwnDataDocument,
  OwnDevicesDocument,
  OwnEndedSessionsDocument,
  OwnEventsDocument,
  OwnSessionsDocument,
} from "./own-data.documents.ts";

interface PageOf<Row> {
  readonly page: {
    readonly nodes: readonly Row[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** Everything that the API shows a user about themselves, as text in JSON. */
export const readOwnData = async (client: Pick<ApolloClient, "query">): Promise<string> => {
  const read = async <Data, Variables extends object>(
    query: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data> => {
    // The cache is for what pages show; the file is of this moment.
    const { data } = await client.query({ query, variables, fetchPolicy: "no-cache" } as Parameters<
      typeof client.query
    >[0]);
    return data as Data;
  };
  const readAll = async <Row>(
    query: TypedDocumentNode<PageOf<Row>, { readonly after?: string | null }>,
  ): Promise<readonly Row[]> => {
    const rows: Row[] = [];
    for (let after: string | null = null, hasMore = true; hasMore; ) {
      const { page }: PageOf<Row> = await read(query, { after });
      rows.push(...page.nodes);
      after = page.pageInfo.endCursor;
      hasMore = page.pageInfo.hasNextPage;
    }
    return rows;
  };
  const { me: user, membershipInvitations } = await read(OwnDataDocument, {});
  const { me: withDevices } = await read(OwnDevicesDocument, {});
  const { sessions } = await read(OwnSessionsDocument, {});
  const data = {
    createdAt: new Date().toISOString(),
    user,
    membershipInvitations,
    devices: withDevices.devices,
    sessions,
    endedSessions: await readAll(OwnEndedSessionsDocument),
    securityEvents: await readAll(OwnEventsDocument),
  };
  return JSON.stringify(data, withoutTypenames, 2);
};

/** The client adds the types' names; those of events say no more than `type`. */
const withoutTypenames = (key: string, value: unknown): unknown => (key === "__typename" ? undefined : value);
