import { useQuery, useSubscription } from "@apollo/client/react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { History } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ShownEvent, useEventWords } from "../events/event-words.ts";
import { EmptyState } from "../kit/display.tsx";
import { Page, Section } from "../kit/layout.tsx";
import { LoadMore } from "../kit/load-more.tsx";
import { QueryView } from "../kit/query-view.tsx";
import { Select } from "../kit/select.tsx";
import { announce } from "../kit/toasts.tsx";
import { EventList } from "./event-list.tsx";
import { LiveHistoryDocument, SecurityHistoryDocument, type SecurityHistoryQuery } from "./history.documents.ts";
import { HISTORY_LEVELS, type HistoryLevel, isHistoryLevel, levelIn } from "./history-search.ts";

export const HistoryPage = () => {
  const { t } = useTranslation("account");
  const level = levelIn(useSearch({ strict: false }));
  return (
    <Page title={t("history.title")} description={t("history.text")}>
      <Section title={t("history.list")} action={<LevelFilter level={level} />}>
        <Events key={level} level={level} />
      </Section>
    </Page>
  );
};

interface LevelProps {
  readonly level: HistoryLevel | undefined;
}

const LevelFilter = ({ level }: LevelProps) => {
  const { t } = useTranslation("account");
  const navigate = useNavigate();
  const options = (["ALL", ...HISTORY_LEVELS] as const).map((value) => ({
    value,
    label: t(`history.levels.${value}`),
  }));
  return (
    <Select
      label={t("history.filter")}
      hidesLabel
      options={options}
      value={level ?? "ALL"}
      onChange={(value) =>
        void navigate({ to: "/account/history", search: isHistoryLevel(value) ? { level: value } : {}, replace: true })
      }
    />
  );
};

const Events = ({ level }: LevelProps) => {
  const { t } = useTranslation("account");
  const filter = level ? { levels: [level] } : {};
  const query = useQuery(SecurityHistoryDocument, { variables: { filter }, fetchPolicy: "network-only" });
  const arrived = useArrivedEvents(level);
  const load = (after: string) => query.fetchMore({ variables: { after }, updateQuery: append });
  return (
    <QueryView query={query}>
      {({ securityEvents: { nodes, pageInfo } }) => {
        const events = [...arrived, ...nodes.filter(({ id }) => arrived.every((event) => event.id !== id))];
        if (events.length === 0)
          return (
            <EmptyState icon={<History aria-hidden size={32} />} title={t("history.none")}>
              {t("history.noneText")}
            </EmptyState>
          );
        return (
          <>
            <EventList label={t("history.list")} events={events} arrived={new Set(arrived.map(({ id }) => id))} />
            <LoadMore pageInfo={pageInfo} load={load} />
          </>
        );
      }}
    </QueryView>
  );
};

/** The events since the page was opened, newest first. */
const useArrivedEvents = (level: HistoryLevel | undefined): readonly ShownEvent[] => {
  const { t } = useTranslation("account");
  const { titleOf } = useEventWords();
  const [events, setEvents] = useState<readonly ShownEvent[]>([]);
  useSubscription(LiveHistoryDocument, {
    onData: ({ data: { data } }) => {
      const event = data?.securityEventOccurred;
      if (!event || (level && event.level !== level)) return;
      setEvents((previous) => [event, ...previous]);
      announce(t("history.live", { text: titleOf(event.type) }));
    },
  });
  return events;
};

const append = (
  { securityEvents: before }: SecurityHistoryQuery,
  { fetchMoreResult: { securityEvents: more } }: { readonly fetchMoreResult: SecurityHistoryQuery },
): SecurityHistoryQuery => ({ securityEvents: { ...more, nodes: [...before.nodes, ...more.nodes] } });
