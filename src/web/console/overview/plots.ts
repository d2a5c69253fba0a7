import type { OverviewStatisticsQuery } from "./overview.documents.ts";

type Tenant = Extract<OverviewStatisticsQuery["node"], { __typename: "Tenant" }>;

/** A day of the statistics. */
export type Bucket = NonNullable<Tenant["statistics"]>["buckets"][number];

type Color = "green" | "blue" | "amber" | "red" | "violet";

type FigureName =
  | "success"
  | "challenged"
  | "failed"
  | "locked"
  | "denied"
  | "low"
  | "medium"
  | "elevated"
  | "high"
  | "activeUsers"
  | "newUsers"
  | "totp"
  | "passkey";

/** One number of each day. Its text is `overview.figure.<name>`. */
export interface Figure {
  readonly name: FigureName;
  readonly color: Color;
  readonly of: (bucket: Bucket) => number;
}

interface PlotDefinition {
  readonly name: "logins" | "risk" | "users" | "factors";
  readonly kind: "bars" | "lines";
  readonly figures: readonly Figure[];
}

/** What the overview plots. */
export const PLOTS: readonly PlotDefinition[] = [
  {
    name: "logins",
    kind: "bars",
    figures: [
      { name: "success", color: "green", of: ({ logins }) => logins.success },
      { name: "challenged", color: "blue", of: ({ logins }) => logins.challenged },
      { name: "failed", color: "amber", of: ({ logins }) => logins.failed },
      { name: "locked", color: "violet", of: ({ logins }) => logins.locked },
      { name: "denied", color: "red", of: ({ logins }) => logins.denied },
    ],
  },
  {
    name: "risk",
    kind: "bars",
    figures: [
      { name: "low", color: "green", of: ({ riskLevels }) => riskLevels.low },
      { name: "medium", color: "blue", of: ({ riskLevels }) => riskLevels.medium },
      { name: "elevated", color: "amber", of: ({ riskLevels }) => riskLevels.elevated },
      { name: "high", color: "red", of: ({ riskLevels }) => riskLevels.high },
    ],
  },
  {
    name: "users",
    kind: "lines",
    figures: [
      { name: "activeUsers", color: "blue", of: ({ activeUsers }) => activeUsers },
      { name: "newUsers", color: "green", of: ({ newUsers }) => newUsers },
    ],
  },
  {
    name: "factors",
    kind: "bars",
    figures: [
      { name: "totp", color: "blue", of: ({ factorsAdopted }) => factorsAdopted.totp },
      { name: "passkey", color: "violet", of: ({ factorsAdopted }) => factorsAdopted.passkey },
    ],
  },
];

export const sumOf = (buckets: readonly Bucket[], { of }: Figure): number =>
  buckets.reduce((sum, bucket) => sum + of(bucket), 0);
