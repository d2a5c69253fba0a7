import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover } from "react-aria-components/Menu";
import { classes } from "./classes.ts";
import styles from "./menu.module.css";

export interface MenuAction {
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  readonly icon?: ReactNode;
  /** The one that is chosen now. */
  readonly isCurrent?: boolean;
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
  /** Above the actions: what they are about. */
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly actions: readonly MenuAction[];
}

export const Menu = ({ trigger, label, title, description, actions }: MenuProps) => (
  <MenuTrigger>
    {trigger}
    <Popover className={styles.popover as string}>
      {(title || description) && (
        <div className={styles.head}>
          {title && <strong>{title}</strong>}
          {description && <span className={styles.description}>{description}</span>}
        </div>
      )}
      <AriaMenu aria-label={label} className={styles.list as string}>
        {actions.map(({ id, label: text, description: more, icon, isCurrent, destructive, ...item }) => (
          <MenuItem
            key={id}
            id={id}
            textValue={text}
            {...(isCurrent && { "aria-current": true })}
            {...item}
            className={classes(styles.item, destructive && styles.destructive)}
          >
            {icon}
            <span className={styles.itemText}>
              <bdi>{text}</bdi>
              {more && <span className={styles.description}>{more}</span>}
            </span>
            {isCurrent && <Check aria-hidden size={16} />}
          </MenuItem>
        ))}
      </AriaMenu>
    </Popover>
  </MenuTrigger>
);
