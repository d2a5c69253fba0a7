import { useApolloClient, useSubscription } from "@apollo/client/react";
import { useSession } from "../../client/react/index.ts";
import { AccountEventsDocument } from "./account-events.documents.ts";

/** Lists whose further pages would be lost. They follow the events themselves, or do not change. */
const PAGED: ReadonlySet<string | undefined> = new Set(["SecurityHistory", "EndedSessions"]);

/** Reads what a page shows again after each event of the account, for example when a session ended elsewhere. */
export const AccountEvents = () => {
  const { tenantId } = useSession();
  return <Follow key={tenantId} />;
};

const Follow = () => {
  const client = useApolloClient();
  useSubscription(AccountEventsDocument, {
    onData: () =>
      void client
        .refetchQueries({
          include: "active",
          onQueryUpdated: ({ queryName }) => !PAGED.has(queryName),
        })
        .catch(() => {}),
  });
  return null;
};
