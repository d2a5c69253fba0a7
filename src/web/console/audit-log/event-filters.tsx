import { useTranslation } from "react-i18next";
import { EVENT_TYPES } from "../../events/event-types.ts";
import { EVENT_LEVELS, useEventWords } from "../../events/event-words.ts";
import { useFormats } from "../../i18n/formats.ts";
import { ChoiceFilter } from "../kit/filters/choice-filter.tsx";
import { FilterBar } from "../kit/filters/filter-bar.tsx";
import { PeriodFilter } from "../kit/filters/period-filter.tsx";
import { useUrlState } from "../kit/filters/url-state.ts";
import { usePeriod } from "../kit/filters/use-period.ts";
import { UserFilter } from "../kit/filters/user-filter.tsx";
import type { SecurityEventFilter } from "./audit-log.documents.ts";

const PARAMS = ["user", "level", "type", "time"];

/** What the address asks for, as the API's filter. */
export const useEventFilter = (): SecurityEventFilter => {
  const url = useUrlState();
  const level = url.getOneOf("level", EVENT_LEVELS);
  const type = url.getOneOf("type", EVENT_TYPES);
  return {
    userId: url.get("user"),
    levels: level && [level],
    types: type && [type],
    occurredAt: usePeriod("time"),
  };
};

/** The page that exports what is shown: it has the same search parameters. */
export const useExportAddress = (): string => {
  const url = useUrlState();
  const params = PARAMS.flatMap((name) => {
    const value = url.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  });
  return `/console/exports?${new URLSearchParams([["content", "securityEvents"], ...params])}`;
};

export const EventFilters = () => {
  const { t } = useTranslation("console");
  const { titleOf, levelOf } = useEventWords();
  const { compare } = useFormats();
  const types = EVENT_TYPES.map((value) => ({ value, label: titleOf(value) }));
  return (
    <FilterBar label={t("auditLog.filter")} list="audit-log" params={PARAMS}>
      <UserFilter />
      <ChoiceFilter
        name="type"
        label={t("auditLog.column.event")}
        options={types.toSorted((one, other) => compare(one.label, other.label))}
      />
      <ChoiceFilter
        name="level"
        label={t("auditLog.column.level")}
        options={EVENT_LEVELS.map((value) => ({ value, label: levelOf(value) }))}
      />
      <PeriodFilter name="time" label={t("auditLog.column.time")} />
    </FilterBar>
  );
};
