import { useQuery } from "@apollo/client/react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Skeleton } from "../../kit/display.tsx";
import { Muted, Section } from "../../kit/layout.tsx";
import { QueryView } from "../../kit/query-view.tsx";
import { shownOf } from "../kit/shown-query.ts";
import { useTenant } from "../kit/use-tenant.ts";
import { FiguresTable } from "./figures-table.tsx";
import { OverviewStatisticsDocument } from "./overview.documents.ts";
import styles from "./overview.module.css";
import { type Bucket, type Figure, PLOTS, sumOf } from "./plots.ts";
import { statisticsPeriod } from "./statistics-period.ts";

// The charting library is larger than all of the console.
const Plot = lazy(() => import("./plot.tsx").then(({ Plot: plot }) => ({ default: plot })));

/** The activity of a tenant over time. */
export const OverviewPlots = ({ days }: { readonly days: number }) => {
  const { t } = useTranslation("console");
  const [now] = useState(() => Date.now());
  const variables = { tenantId: useTenant().id, ...statisticsPeriod(days, now) };
  const shown = shownOf(useQuery(OverviewStatisticsDocument, { variables, fetchPolicy: "cache-and-network" }));
  return (
    <QueryView query={shown}>
      {({ node }) => {
        const buckets = node?.__typename === "Tenant" ? (node.statistics?.buckets ?? []) : [];
        return (
          <div className={styles.plots} aria-busy={shown.isStale}>
            {PLOTS.map(({ name, figures, kind }) => (
              <Section key={name} title={t(`overview.plot.${name}`)}>
                <PlotWithFigures label={t(`overview.plot.${name}`)} buckets={buckets} figures={figures} kind={kind} />
              </Section>
            ))}
          </div>
        );
      }}
    </QueryView>
  );
};

interface PlotWithFiguresProps {
  readonly label: string;
  readonly buckets: readonly Bucket[];
  readonly figures: readonly Figure[];
  readonly kind: "bars" | "lines";
}

const PlotWithFigures = ({ label, buckets, figures, kind }: PlotWithFiguresProps) => {
  const { t } = useTranslation("console");
  const isEmpty = figures.every((figure) => sumOf(buckets, figure) === 0);
  if (isEmpty) return <Muted>{t("overview.noActivity")}</Muted>;
  return (
    <>
      <ul className={styles.legend}>
        {figures.map(({ name, color }) => (
          <li key={name} className={styles[color]}>
            {t(`overview.figure.${name}`)}
          </li>
        ))}
      </ul>
      <Suspense fallback={<Skeleton lines={6} />}>
        <Plot label={label} buckets={buckets} figures={figures} kind={kind} />
      </Suspense>
      <details className={styles.figures}>
        <summary>{t("overview.asTable")}</summary>
        <FiguresTable label={label} buckets={buckets} figures={figures} />
      </details>
    </>
  );
};
