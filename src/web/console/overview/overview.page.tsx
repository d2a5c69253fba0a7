import { useTranslation } from "react-i18next";
import { Page, Stack } from "../../kit/layout.tsx";
import { Select } from "../../kit/select.tsx";
import { useUrlState } from "../kit/filters/url-state.ts";
import { useCan } from "../kit/viewer.tsx";
import { OverviewCounts } from "./overview-counts.tsx";
import { OverviewPlots } from "./overview-plots.tsx";
import { PERIOD_DAYS, type PeriodDays } from "./statistics-period.ts";
import { WaitingResets } from "./waiting-resets.tsx";

/** What is going on in a tenant, and what needs attention. */
export const OverviewPage = () => {
  const { t } = useTranslation("console");
  const can = useCan();
  const days: PeriodDays = useUrlState().getOneOf("days", PERIOD_DAYS) ?? "30";
  return (
    <Page title={t("pages.overview")} action={can("statistics:read") && <PeriodChoice days={days} />}>
      <Stack>
        <OverviewCounts />
        {can("factors:reset") && <WaitingResets />}
        {can("statistics:read") && <OverviewPlots days={Number(days)} />}
      </Stack>
    </Page>
  );
};

const PeriodChoice = ({ days }: { readonly days: PeriodDays }) => {
  const { t } = useTranslation("console");
  const url = useUrlState();
  return (
    <Select
      label={t("overview.period")}
      hidesLabel
      options={PERIOD_DAYS.map((value) => ({ value, label: t(`filters.preset.${value}d`) }))}
      value={days}
      onChange={(value) => url.set({ days: value === "30" ? null : value })}
    />
  );
};
