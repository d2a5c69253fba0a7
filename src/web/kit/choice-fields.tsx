import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { Checkbox as AriaCheckbox, type CheckboxProps as AriaCheckboxProps } from "react-aria-components/Checkbox";
import {
  RadioGroup as AriaRadioGroup,
  type RadioGroupProps as AriaRadioGroupProps,
  FieldError,
  Label,
  Radio,
  Text,
} from "react-aria-components/RadioGroup";
import { Switch as AriaSwitch, type SwitchProps as AriaSwitchProps } from "react-aria-components/Switch";
import { classes } from "./classes.ts";
import styles from "./fields.module.css";

interface CheckboxProps extends Omit<AriaCheckboxProps, "className" | "style" | "children"> {
  readonly children: ReactNode;
}

export const Checkbox = ({ children, ...props }: CheckboxProps) => (
  <AriaCheckbox {...props} className={styles.check as string}>
    {({ isSelected }) => (
      <>
        <span className={styles.box}>{isSelected && <Check aria-hidden size={14} strokeWidth={3} />}</span>
        <span>{children}</span>
      </>
    )}
  </AriaCheckbox>
);

interface SwitchProps extends Omit<AriaSwitchProps, "className" | "style" | "children"> {
  readonly children: ReactNode;
}

/** Something that is on or off, and takes effect immediately. */
export const Switch = ({ children, ...props }: SwitchProps) => (
  <AriaSwitch {...props} className={styles.check as string}>
    <span className={styles.track} />
    <span>{children}</span>
  </AriaSwitch>
);

interface Option<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly description?: ReactNode;
}

interface RadioGroupProps<Value extends string>
  extends Omit<AriaRadioGroupProps, "className" | "style" | "children" | "value" | "onChange" | "defaultValue"> {
  readonly label: string;
  /** If the heading above says the same. */
  readonly hidesLabel?: boolean;
  readonly description?: ReactNode;
  readonly options: readonly Option<Value>[];
  readonly value?: Value;
  readonly defaultValue?: Value;
  readonly onChange?: (value: Value) => void;
}

export const RadioGroup = <Value extends string>({
  label,
  hidesLabel = false,
  description,
  options,
  onChange,
  ...props
}: RadioGroupProps<Value>) => (
  <AriaRadioGroup
    {...props}
    {...(hidesLabel && { "aria-label": label })}
    onChange={(value) => onChange?.(value as Value)}
    className={classes(styles.field, styles.options)}
  >
    {!hidesLabel && <Label className={styles.label as string}>{label}</Label>}
    {description && (
      <Text slot="description" className={styles.description as string}>
        {description}
      </Text>
    )}
    {options.map((option) => (
      <Radio key={option.value} value={option.value} className={styles.check as string}>
        {({ isSelected }) => (
          <>
            <span className={classes(styles.box, styles.round)}>{isSelected && <span className={styles.dot} />}</span>
            <span>
              {option.label}
              {option.description && (
                <span className={classes(styles.field, styles.description)}>{option.description}</span>
              )}
            </span>
          </>
        )}
      </Radio>
    ))}
    <FieldError className={styles.error as string} />
  </AriaRadioGroup>
);
