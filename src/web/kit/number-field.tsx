import { Minus, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Group } from "react-aria-components/Group";
import {
  NumberField as AriaNumberField,
  type NumberFieldProps as AriaNumberFieldProps,
  FieldError,
  Input,
  Label,
  Text,
} from "react-aria-components/NumberField";
import fieldStyles from "./fields.module.css";
import styles from "./number-field.module.css";

interface NumberFieldProps extends Omit<AriaNumberFieldProps, "className" | "style" | "children"> {
  readonly label: string;
  readonly description?: ReactNode;
}

/** A whole number within limits, typed or changed step by step, in the digits of the page's language. */
export const NumberField = ({ label, description, ...props }: NumberFieldProps) => (
  <AriaNumberField {...props} className={fieldStyles.field as string}>
    <Label className={fieldStyles.label as string}>{label}</Label>
    <Group className={styles.group as string}>
      <AriaButton slot="decrement" className={styles.step as string}>
        <Minus aria-hidden size={16} />
      </AriaButton>
      <Input className={styles.input as string} />
      <AriaButton slot="increment" className={styles.step as string}>
        <Plus aria-hidden size={16} />
      </AriaButton>
    </Group>
    {description && (
      <Text slot="description" className={fieldStyles.description as string}>
        {description}
      </Text>
    )}
    <FieldError className={fieldStyles.error as string} />
  </AriaNumberField>
);
