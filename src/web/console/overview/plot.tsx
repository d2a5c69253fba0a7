import { useTranslation } from "react-i18next";
import { Area, AreaChart, Bar, BarChart, CartesianGrid, Tooltip, XAxis, YAxis } from "recharts";
import { useFormats } from "../../i18n/formats.ts";
import styles from "./overview.module.css";
import type { Bucket, Figure } from "./plots.ts";

interface PlotProps {
  readonly label: string;
  readonly buckets: readonly Bucket[];
  readonly figures: readonly Figure[];
  readonly kind: "bars" | "lines";
}

const TICK = { fill: "var(--text-muted)", fontSize: "var(--size-small)" };

const colorOf = ({ color }: Figure): string => `var(--chart-${color})`;

/** Figures by day. Screen readers read the table below it instead. */
export const Plot = ({ label, buckets, figures, kind }: PlotProps) => {
  const { t, i18n } = useTranslation("console");
  const formats = useFormats();
  const isReversed = i18n.dir() === "rtl";
  const Chart = kind === "bars" ? BarChart : AreaChart;
  return (
    <div role="img" aria-label={t("overview.plotOf", { name: label })}>
      <Chart
        responsive
        className={styles.plot as string}
        data={buckets as Bucket[]}
        accessibilityLayer={false}
        margin={{ top: 8, right: 0, bottom: 0, left: 0 }}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="from"
          tickFormatter={formats.shortDay}
          reversed={isReversed}
          minTickGap={24}
          tick={TICK}
          tickLine={false}
          axisLine={false}
        />
        <YAxis
          allowDecimals={false}
          orientation={isReversed ? "right" : "left"}
          width={44}
          tick={TICK}
          tickLine={false}
          axisLine={false}
          tickFormatter={formats.number}
        />
        <Tooltip
          cursor={{ fill: "var(--surface-sunken)", stroke: "var(--line)" }}
          wrapperClassName={styles.tooltip as string}
          labelFormatter={(day) => formats.day(String(day))}
          formatter={(value) => formats.number(Number(value))}
          isAnimationActive={false}
        />
        {figures.map((figure) =>
          kind === "bars" ? (
            <Bar
              key={figure.name}
              dataKey={figure.of}
              name={t(`overview.figure.${figure.name}`)}
              stackId="all"
              fill={colorOf(figure)}
              isAnimationActive={false}
            />
          ) : (
            <Area
              key={figure.name}
              dataKey={figure.of}
              name={t(`overview.figure.${figure.name}`)}
              type="monotone"
              stroke={colorOf(figure)}
              strokeWidth={2}
              fill={colorOf(figure)}
              fillOpacity={0.12}
              isAnimationActive={false}
            />
          ),
        )}
      </Chart>
    </div>
  );
};
