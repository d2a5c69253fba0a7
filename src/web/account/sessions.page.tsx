import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../kit/button.tsx";
import { ConfirmDialog } from "../kit/dialog.tsx";
import { Page, Section } from "../kit/layout.tsx";
import { QueryView } from "../kit/query-view.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { EndedSessions } from "./ended-sessions.tsx";
import { LiveSessions } from "./live-sessions.tsx";
import { EndedSessionsDocument, EndSessionDocument, LiveSessionsDocument } from "./sessions.documents.ts";

export const SessionsPage = () => {
  const { t } = useTranslation("account");
  const live = useQuery(LiveSessionsDocument, { fetchPolicy: "cache-and-network" });
  const ended = useQuery(EndedSessionsDocument, { fetchPolicy: "cache-and-network" });
  const mutate = useMutate();
  const end = async (ids: readonly string[]) => {
    try {
      for (const sessionId of ids) await mutate(EndSessionDocument, { input: { sessionId } });
    } finally {
      await Promise.all([live.refetch(), ended.refetch()]).catch(() => {});
    }
  };
  const others = live.data?.sessions.filter(({ current }) => !current).map(({ id }) => id) ?? [];
  return (
    <Page title={t("sessions.title")} description={t("sessions.text")}>
      <Section
        title={t("sessions.active")}
        action={others.length > 1 && <EndOthers count={others.length} end={() => end(others)} />}
      >
        <QueryView query={live}>
          {({ sessions }) => <LiveSessions sessions={sessions} end={(id) => end([id])} />}
        </QueryView>
      </Section>
      <Section title={t("sessions.past")}>
        <QueryView query={ended}>
          {({ sessionHistory }) => <EndedSessions page={sessionHistory} load={(after) => loadMore(ended, after)} />}
        </QueryView>
      </Section>
    </Page>
  );
};

const loadMore = ({ fetchMore }: Pick<ReturnType<typeof useEnded>, "fetchMore">, after: string) =>
  fetchMore({
    variables: { after },
    updateQuery: (previous, { fetchMoreResult }) => ({
      sessionHistory: {
        ...fetchMoreResult.sessionHistory,
        nodes: [...previous.sessionHistory.nodes, ...fetchMoreResult.sessionHistory.nodes],
      },
    }),
  });

const useEnded = () => useQuery(EndedSessionsDocument);

const EndOthers = ({ count, end }: { readonly count: number; readonly end: () => Promise<void> }) => {
  const { t } = useTranslation("account");
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button size="small" onPress={() => setAsks(true)}>
        {t("sessions.endOthers")}
      </Button>
      <ConfirmDialog
        title={t("sessions.endOthersTitle")}
        action={t("sessions.endOthers")}
        destructive
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={async () => {
          await end();
          announce(t("sessions.othersEnded"));
        }}
      >
        {t("sessions.endOthersText", { count })}
      </ConfirmDialog>
    </>
  );
};
