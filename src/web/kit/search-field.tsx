import { Search, X } from "lucide-react";
import type { Ref } from "react";
import {
  SearchField as AriaSearchField,
  type SearchFieldProps as AriaSearchFieldProps,
  Button,
  Input,
  Label,
} from "react-aria-components/SearchField";
import { useTranslation } from "react-i18next";
import { classes } from "./classes.ts";
import fieldStyles from "./fields.module.css";
import styles from "./search-field.module.css";

interface SearchFieldProps extends Omit<AriaSearchFieldProps, "className" | "style" | "children"> {
  readonly label: string;
  readonly hidesLabel?: boolean;
  readonly placeholder?: string;
  readonly inputRef?: Ref<HTMLInputElement>;
}

/** A text to search for. Escape clears it. */
export const SearchField = ({ label, hidesLabel = false, placeholder, inputRef, ...props }: SearchFieldProps) => {
  const { t } = useTranslation();
  return (
    <AriaSearchField
      {...props}
      {...(hidesLabel && { "aria-label": label })}
      className={classes(fieldStyles.field, styles.search)}
    >
      {!hidesLabel && <Label className={fieldStyles.label as string}>{label}</Label>}
      <div className={styles.box}>
        <Search aria-hidden size={16} className={styles.icon} />
        <Input
          ref={inputRef}
          placeholder={placeholder}
          spellCheck="false"
          className={classes(fieldStyles.input, styles.input)}
        />
        <Button aria-label={t("clear")} className={styles.clear as string}>
          <X aria-hidden size={16} />
        </Button>
      </div>
    </AriaSearchField>
  );
};
