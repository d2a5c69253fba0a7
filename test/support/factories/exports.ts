import { sql } from "drizzle-orm";
import type { ExportRunner } from "#features/exports/export-runner";
import type { GraphQLClient, UntypedData } from "../clients/graphql.ts";
import type { BuiltApp, TestApp } from "../servers/app.ts";

export const CREATE_EXPORT = /* GraphQL */ `
  mutation ($input: CreateExportInput!) {
    createExport(input: $input) { export { id kind format status rowCount downloadUrl failure expiresAt creator { id } } }
  }
`;
export const DELETE_EXPORT = "mutation ($id: ID!) { deleteExport(input: { exportId: $id }) { deletedExportId } }";
export const EXPORT = /* GraphQL */ `
  query ($id: ID!) { node(id: $id) { ... on Export { id status rowCount downloadUrl failure finishedAt expiresAt } } }
`;
const UNTIL_OVER = 100;

/** The input of an export of all users of the tenant. */
export const ALL_USERS = { content: { users: {} }, format: "NDJSON" };
export const ALL_EVENTS = { content: { securityEvents: {} }, format: "NDJSON" };

/**
 * Starts an export.
 * @returns its id
 */
export const createExport = async (
  { client }: { readonly client: GraphQLClient },
  input: object = ALL_USERS,
): Promise<string> => (await client.ask(CREATE_EXPORT, { input })).createExport.export.id;

/** The payload of an export's job in the queue. */
export const jobOf = async ({ app }: Pick<BuiltApp, "app">, exportId: string) => {
  const [row] = await app.db.execute<{ tenantId: string }>(
    sql`select tenant_id as "tenantId" from exports where id = ${exportId}::uuid`,
  );
  return { exportId, tenantId: row?.tenantId };
};

/** Runs the jobs of an export until it is finished, for apps without a worker. */
export const write = async (
  test: Pick<BuiltApp, "app">,
  exportId: string,
  runner: Pick<ExportRunner, "run"> = test.app.exportRunner,
): Promise<void> => {
  const job = await jobOf(test, exportId);
  for (let turn = 0; turn < UNTIL_OVER; turn++) {
    await runner.run(job, { attempt: 1, maxAttempts: 8 });
    const [row] = await test.app.db.execute<{ status: string }>(
      sql`select status from exports where id = ${exportId}::uuid`,
    );
    if (row?.status !== "RUNNING") return;
  }
};

export const exportOf = async ({ client }: { readonly client: GraphQLClient }, id: string): Promise<UntypedData> =>
  (await client.ask(EXPORT, { id })).node;

/** Fetches the file as a console does. */
export const download = (
  test: Pick<TestApp, "url">,
  { accessToken }: Pick<GraphQLClient, "accessToken">,
  id: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  fetch(`${test.url}/exports/${id}`, {
    headers: { ...(accessToken !== null && { authorization: `Bearer ${accessToken}` }), ...headers },
  });

/** The objects of an NDJSON file. */
export const linesOf = (text: string): UntypedData[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
