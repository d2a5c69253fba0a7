import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import {
  Table as AriaTable,
  Cell,
  Column,
  Row,
  type Selection,
  type SortDescriptor,
  TableBody,
  TableHeader,
} from "react-aria-components/Table";
import { Checkbox } from "./choice-fields.tsx";
import { classes } from "./classes.ts";
import styles from "./table.module.css";

export interface TableColumn<Item> {
  readonly id: string;
  readonly title: string;
  readonly isSortable?: boolean;
  readonly isNumber?: boolean;
  readonly cell: (item: Item) => ReactNode;
}

interface TableProps<Item extends { readonly id: string }> {
  readonly label: string;
  /** The first one names the row for screen readers. */
  readonly columns: readonly TableColumn<Item>[];
  readonly items: readonly Item[];
  /** The page of one item, which a click or Enter opens. */
  readonly hrefOf?: (item: Item) => string;
  readonly sort?: SortDescriptor;
  readonly onSort?: (sort: SortDescriptor) => void;
  /** The rows that the user has chosen, for an action on all of them: each row then has a check box. */
  readonly selected?: Selection;
  readonly onSelect?: (selected: Selection) => void;
  /** Instead of rows, if there are no items. */
  readonly empty: ReactNode;
}

/** A table that arrow keys move through. On narrow screens it scrolls within itself. */
export const Table = <Item extends { readonly id: string }>({
  label,
  columns,
  items,
  hrefOf,
  sort,
  onSort,
  selected,
  onSelect,
  empty,
}: TableProps<Item>) => (
  <div className={styles.scroll}>
    <AriaTable
      aria-label={label}
      className={styles.table as string}
      {...(sort && { sortDescriptor: sort })}
      {...(onSort && { onSortChange: onSort })}
      {...(selected !== undefined && { selectionMode: "multiple" as const, selectedKeys: selected })}
      {...(onSelect && { onSelectionChange: onSelect })}
    >
      <TableHeader>
        {selected !== undefined && (
          <Column className={styles.column as string}>
            <Checkbox slot="selection">{null}</Checkbox>
          </Column>
        )}
        {columns.map(({ id, title, isSortable = false, isNumber = false }, index) => (
          <Column
            key={id}
            id={id}
            isRowHeader={index === 0}
            allowsSorting={isSortable}
            className={classes(styles.column, isNumber && styles.number)}
          >
            {({ sortDirection }) => (
              <span className={classes(isSortable && styles.sortable)}>
                {title}
                {sortDirection === "ascending" && <ArrowUp aria-hidden size={14} />}
                {sortDirection === "descending" && <ArrowDown aria-hidden size={14} />}
              </span>
            )}
          </Column>
        ))}
      </TableHeader>
      <TableBody
        items={items}
        dependencies={[columns, selected !== undefined]}
        renderEmptyState={() => <div className={styles.empty}>{empty}</div>}
      >
        {(item) => (
          <Row id={item.id} className={styles.row as string} {...(hrefOf && { href: hrefOf(item) })}>
            {selected !== undefined && (
              <Cell className={styles.cell as string}>
                <Checkbox slot="selection">{null}</Checkbox>
              </Cell>
            )}
            {columns.map(({ id, cell, isNumber = false }) => (
              <Cell key={id} className={classes(styles.cell, isNumber && styles.number)}>
                {cell(item)}
              </Cell>
            ))}
          </Row>
        )}
      </TableBody>
    </AriaTable>
  </div>
);
