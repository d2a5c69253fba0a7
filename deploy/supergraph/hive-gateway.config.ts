// hive-gateway supergraph ./supergraph.graphql --config deploy/supergraph/hive-gateway.config.ts
import { defineConfig } from "@graphql-hive/gateway";

/** What each subgraph may know of the client's request; a token only where tokens are checked. */
const PASSED_ON: Readonly<Record<string, readonly string[]>> = {
  identity: ["authorization", "user-agent", "x-forwarded-for", "x-request-id"],
};

/** Its JWT plugin knows no EdDSA: the subgraphs check tokens. */
export const gatewayConfig = defineConfig({
  propagateHeaders: {
    fromClientToSubgraphs({ request, subgraphName }) {
      const names = PASSED_ON[subgraphName] ?? ["x-request-id"];
      return Object.fromEntries(
        names.flatMap((name) => {
          const value = request.headers.get(name);
          return value === null ? [] : [[name, value]];
        }),
      );
    },
  },
});
