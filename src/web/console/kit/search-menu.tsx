import type { ReactNode } from "react";
import { Autocomplete, useFilter } from "react-aria-components/Autocomplete";
import { Header, Menu, MenuItem, MenuSection } from "react-aria-components/Menu";
import { classes } from "../../kit/classes.ts";
import menuStyles from "../../kit/menu.module.css";
import { SearchField } from "../../kit/search-field.tsx";
import styles from "./search-menu.module.css";

export interface SearchMenuItem {
  readonly id: string;
  readonly text: string;
  /** A second line, such as a user's address. */
  readonly detail?: string | undefined;
  readonly icon?: ReactNode;
  readonly href?: string;
  readonly onAction?: () => void;
  /** The API has found it for what was typed: it is shown, whatever its text. */
  readonly isFound?: boolean;
}

export interface SearchMenuSection {
  readonly id: string;
  readonly title: string;
  readonly items: readonly SearchMenuItem[];
}

interface SearchMenuProps {
  readonly label: string;
  readonly placeholder: string;
  readonly typed: string;
  readonly onType: (text: string) => void;
  readonly sections: readonly SearchMenuSection[];
  /** What to say if nothing matches. */
  readonly empty: ReactNode;
  readonly onChoose: () => void;
}

/** A search field over a list of commands: arrow keys move through the list while the focus stays in the field. */
export const SearchMenu = ({ label, placeholder, typed, onType, sections, empty, onChoose }: SearchMenuProps) => {
  const { contains } = useFilter({ sensitivity: "base", ignorePunctuation: true });
  const found = new Set(sections.flatMap(({ items }) => items.filter(({ isFound }) => isFound).map(({ id }) => id)));
  return (
    <Autocomplete
      inputValue={typed}
      onInputChange={onType}
      filter={(text, input, node) => found.has(String(node.key)) || contains(text, input)}
    >
      <SearchField label={label} hidesLabel placeholder={placeholder} autoFocus />
      <Menu
        aria-label={label}
        onAction={onChoose}
        className={styles.list as string}
        renderEmptyState={() => <p className={styles.empty}>{empty}</p>}
      >
        {sections
          .filter(({ items }) => items.length > 0)
          .map(({ id: section, title, items }) => (
            <MenuSection key={section} id={section}>
              <Header className={styles.header as string}>{title}</Header>
              {items.map(({ id, text, detail, icon, href, onAction }) => (
                <MenuItem
                  key={id}
                  id={id}
                  textValue={text}
                  {...(href && { href })}
                  {...(onAction && { onAction })}
                  className={classes(menuStyles.item, styles.item)}
                >
                  {icon}
                  <span className={menuStyles.itemText}>
                    {text}
                    {detail && <span className={styles.detail}>{detail}</span>}
                  </span>
                </MenuItem>
              ))}
            </MenuSection>
          ))}
      </Menu>
    </Autocomplete>
  );
};
