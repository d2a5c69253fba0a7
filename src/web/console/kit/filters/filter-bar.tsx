import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import styles from "./filter-bar.module.css";
import { SavedViews } from "./saved-views.tsx";
import { useUrlState } from "./url-state.ts";

interface FilterBarProps {
  /** What is filtered, for screen readers. */
  readonly label: string;
  /** The list that saved views belong to. */
  readonly list: string;
  /** The search parameters of the filters, and of the order: what a saved view contains. */
  readonly params: readonly string[];
  /** The filters, each bound to a search parameter. */
  readonly children: ReactNode;
}

/** The filters of a list. What is chosen is in the address, so that a link or a saved view leads to it. */
export const FilterBar = ({ label, list, params, children }: FilterBarProps) => {
  const { t } = useTranslation("console");
  const url = useUrlState();
  const active = params.filter((name) => url.get(name) !== null);
  return (
    <search aria-label={label} className={styles.bar}>
      {children}
      <div className={styles.actions}>
        {active.length > 0 && (
          <Button variant="quiet" onPress={() => url.set(Object.fromEntries(active.map((name) => [name, null])))}>
            {t("filters.clear")}
          </Button>
        )}
        <SavedViews list={list} params={params} />
      </div>
    </search>
  );
};
