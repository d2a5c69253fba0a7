import type { ReactNode } from "react";
import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover } from "react-aria-components/Menu";
import { classes } from "./classes.ts";
import styles from "./menu.module.css";

export interface MenuAction {
  readonly id: string;
  readonly label: string;
  readonly icon?: ReactNode;
  /** It ends or deletes something. */
  readonly destructive?: boolean;
  readonly isDisabled?: boolean;
  /** Leads to another page. */
  readonly href?: string;
  readonly onAction?: () => void;
}

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactNode;
  readonly label: string;
  readonly actions: readonly MenuAction[];
}

export const Menu = ({ trigger, label, actions }: MenuProps) => (
  <MenuTrigger>
    {trigger}
    <Popover className={styles.popover as string}>
      <AriaMenu aria-label={label} className={styles.list as string}>
        {actions.map(({ id, label: text, icon, destructive, ...item }) => (
          <MenuItem
            key={id}
            id={id}
            textValue={text}
            {...item}
            className={classes(styles.item, destructive && styles.destructive)}
          >
            {icon}
            <span className={styles.itemText}>{text}</span>
          </MenuItem>
        ))}
      </AriaMenu>
    </Popover>
  </MenuTrigger>
);
