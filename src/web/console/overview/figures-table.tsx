import { useTranslation } from "react-i18next";
import { useFormats } from "../../i18n/formats.ts";
import styles from "./overview.module.css";
import type { Bucket, Figure } from "./plots.ts";

interface FiguresTableProps {
  readonly label: string;
  readonly buckets: readonly Bucket[];
  readonly figures: readonly Figure[];
}

/** What a plot shows, as numbers: for screen readers, and for copying. The newest day comes first. */
export const FiguresTable = ({ label, buckets, figures }: FiguresTableProps) => {
  const { t } = useTranslation("console");
  const formats = useFormats();
  return (
    <div className={styles.scroll}>
      <table aria-label={label} className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t("overview.day")}</th>
            {figures.map(({ name }) => (
              <th key={name} scope="col">
                {t(`overview.figure.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {buckets.toReversed().map((bucket) => (
            <tr key={bucket.from}>
              <th scope="row">{formats.day(bucket.from)}</th>
              {figures.map(({ name, of }) => (
                <td key={name}>{formats.number(of(bucket))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};
