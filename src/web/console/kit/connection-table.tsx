import { ChevronFirst, ChevronLeft, ChevronRight } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useRef } from "react";
import type { Selection } from "react-aria-components/Table";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../i18n/formats.ts";
import { Button } from "../../kit/button.tsx";
import { Table, type TableColumn } from "../../kit/table.tsx";
import styles from "./connection-table.module.css";
import { useUrlState } from "./filters/url-state.ts";
import { useShortcut } from "./use-shortcut.ts";
import type { UrlSort } from "./use-sort.ts";

export const PAGE_SIZE = 50;

/** One page of a connection. */
export interface ConnectionPage<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
  readonly totalCountIsExact: boolean;
}

/** The page of an empty connection. */
export const NO_ROWS = {
  nodes: [],
  pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  totalCount: 0,
  totalCountIsExact: true,
} satisfies ConnectionPage<never>;

/** The page of a connection that the address asks for. */
export const usePage = () => {
  const url = useUrlState();
  const before = url.get("before");
  return before === null
    ? { first: PAGE_SIZE, after: url.get("after"), last: null, before: null }
    : { first: null, after: null, last: PAGE_SIZE, before };
};

interface ConnectionTableProps<Node extends { readonly id: string }> {
  readonly label: string;
  readonly columns: readonly TableColumn<Node>[];
  readonly connection: ConnectionPage<Node>;
  readonly hrefOf?: (node: Node) => string;
  readonly sort?: UrlSort;
  /** The rows that the user has chosen, for an action on all of them. */
  readonly selected?: Selection;
  readonly onSelect?: (selected: Selection) => void;
  /** While another page or filter is being loaded: the rows are those of the previous one. */
  readonly isStale?: boolean;
  readonly empty: ReactNode;
}

/** A list of the API as a table, page by page. `j` and `k` move through it like the arrow keys. */
export const ConnectionTable = <Node extends { readonly id: string }>({
  label,
  columns,
  connection,
  hrefOf,
  sort,
  selected,
  onSelect,
  isStale = false,
  empty,
}: ConnectionTableProps<Node>) => {
  const table = useRef<HTMLDivElement>(null);
  const focusRows = () => table.current?.querySelector<HTMLElement>("[role=grid]")?.focus();
  useShortcut("j", focusRows);
  return (
    <div>
      <div ref={table} aria-busy={isStale} className={styles.rows} onKeyDownCapture={arrowsOfLetters}>
        <Table
          label={label}
          columns={columns}
          items={connection.nodes}
          {...(hrefOf && { hrefOf })}
          {...(sort && { sort: sort.descriptor, onSort: sort.onSort })}
          {...(selected !== undefined && { selected })}
          {...(onSelect && { onSelect })}
          empty={empty}
        />
      </div>
      <Pages connection={connection} onTurn={focusRows} />
    </div>
  );
};

const ARROWS: Readonly<Record<string, string>> = { j: "ArrowDown", k: "ArrowUp" };

const arrowsOfLetters = (event: KeyboardEvent<HTMLElement>): void => {
  const arrow = ARROWS[event.key];
  if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  event.target.dispatchEvent(new globalThis.KeyboardEvent("keydown", { key: arrow, bubbles: true, cancelable: true }));
};

interface PagesProps {
  readonly connection: Omit<ConnectionPage<never>, "nodes">;
  readonly onTurn: () => void;
}

/** How many there are, and the ways to the other pages. */
const Pages = ({ connection: { pageInfo, totalCount, totalCountIsExact }, onTurn }: PagesProps) => {
  const { t } = useTranslation("console");
  const formats = useFormats();
  const url = useUrlState();
  const total = formats.number(totalCount);
  const turn = (page: { readonly after?: string | null; readonly before?: string | null }) => {
    url.turnTo(page);
    onTurn();
  };
  const isFirst = url.get("after") === null && url.get("before") === null;
  return (
    <div className={styles.pages}>
      <p role="status" className={styles.total}>
        {totalCountIsExact ? t("table.total", { count: totalCount, total }) : t("table.totalAtLeast", { total })}
      </p>
      {!isFirst && (
        <Button size="small" onPress={() => turn({})}>
          <ChevronFirst aria-hidden size={16} className={styles.directed} />
          {t("table.first")}
        </Button>
      )}
      {!isFirst && pageInfo.hasPreviousPage && (
        <Button size="small" onPress={() => turn({ before: pageInfo.startCursor })}>
          <ChevronLeft aria-hidden size={16} className={styles.directed} />
          {t("table.previous")}
        </Button>
      )}
      {pageInfo.hasNextPage && (
        <Button size="small" onPress={() => turn({ after: pageInfo.endCursor })}>
          {t("table.next")}
          <ChevronRight aria-hidden size={16} className={styles.directed} />
        </Button>
      )}
    </div>
  );
};
