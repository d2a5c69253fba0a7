import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import {
  Select as AriaSelect,
  Button,
  FieldError,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SelectValue,
  Text,
} from "react-aria-components/Select";
import styles from "./fields.module.css";
import menuStyles from "./menu.module.css";

interface SelectProps<Value extends string> {
  readonly label: string;
  /** For toolbars, where the choice itself says what it is about. */
  readonly hidesLabel?: boolean;
  readonly description?: ReactNode;
  readonly name?: string;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly value?: Value;
  readonly defaultValue?: Value;
  readonly onChange?: (value: Value) => void;
  readonly isRequired?: boolean;
  readonly isDisabled?: boolean;
}

/** One of a few choices. */
export const Select = <Value extends string>({
  label,
  hidesLabel = false,
  description,
  options,
  value,
  defaultValue,
  onChange,
  ...props
}: SelectProps<Value>) => (
  <AriaSelect
    {...props}
    className={styles.field as string}
    {...(hidesLabel && { "aria-label": label })}
    {...(value !== undefined && { value })}
    {...(defaultValue !== undefined && { defaultValue })}
    onChange={(key) => onChange?.(key as Value)}
  >
    {!hidesLabel && <Label className={styles.label as string}>{label}</Label>}
    <Button className={styles.select as string}>
      <SelectValue>{({ selectedText, defaultChildren }) => selectedText || defaultChildren}</SelectValue>
      <ChevronDown aria-hidden size={18} />
    </Button>
    {description && (
      <Text slot="description" className={styles.description as string}>
        {description}
      </Text>
    )}
    <FieldError className={styles.error as string} />
    <Popover className={menuStyles.popover as string}>
      <ListBox className={menuStyles.list as string}>
        {options.map((option) => (
          <ListBoxItem
            key={option.value}
            id={option.value}
            textValue={option.label}
            className={menuStyles.item as string}
          >
            {({ isSelected }) => (
              <>
                <span className={menuStyles.itemText}>{option.label}</span>
                {isSelected && <Check aria-hidden size={16} />}
              </>
            )}
          </ListBoxItem>
        ))}
      </ListBox>
    </Popover>
  </AriaSelect>
);
