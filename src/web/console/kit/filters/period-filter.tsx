import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Select } from "../../../kit/select.tsx";
import { TextField } from "../../../kit/text-fields.tsx";
import styles from "./filter-bar.module.css";
import { formatPeriod, PRESETS, type Preset, parsePeriod } from "./period.ts";
import { useUrlState } from "./url-state.ts";

const PRESET_NAMES = Object.keys(PRESETS) as Preset[];

interface PeriodFilterProps {
  readonly name: string;
  readonly label: string;
}

/** A filter of instants: a period until now, or a range of days. */
export const PeriodFilter = ({ name, label }: PeriodFilterProps) => {
  const { t } = useTranslation("console");
  const url = useUrlState();
  const period = parsePeriod(url.get(name));
  const preset = period && "preset" in period ? period.preset : null;
  const days = period && "from" in period ? period : null;
  const [wantsDays, setWantsDays] = useState(false);
  const showsDays = days !== null || (wantsDays && preset === null);
  const choose = (value: Preset | "ALL" | "DAYS") => {
    setWantsDays(value === "DAYS");
    url.set({ [name]: value === "ALL" || value === "DAYS" ? null : value });
  };
  const from = days?.from ?? null;
  const to = days?.to ?? null;
  return (
    <>
      <Select
        label={label}
        options={[
          { value: "ALL", label: t("filters.anyTime") },
          ...PRESET_NAMES.map((value) => ({ value, label: t(`filters.preset.${value}`) })),
          { value: "DAYS", label: t("filters.days") },
        ]}
        value={showsDays ? "DAYS" : (preset ?? "ALL")}
        onChange={choose}
      />
      {showsDays && (
        <div className={styles.days}>
          <TextField
            type="date"
            label={t("filters.from")}
            value={from ?? ""}
            onChange={(day) => url.set({ [name]: formatPeriod(day || null, to) })}
          />
          <TextField
            type="date"
            label={t("filters.to")}
            value={to ?? ""}
            onChange={(day) => url.set({ [name]: formatPeriod(from, day || null) })}
          />
        </div>
      )}
    </>
  );
};
