import { useTranslation } from "react-i18next";
import { Select } from "../../../kit/select.tsx";
import { useUrlState } from "./url-state.ts";

const ALL = "ALL";

interface ChoiceFilterProps<Value extends string> {
  readonly name: string;
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  /** What applies while the address names nothing; absent: all. */
  readonly initial?: Value;
}

/** A filter with a few values, of which one or none is chosen. */
export const ChoiceFilter = <Value extends string>({ name, label, options, initial }: ChoiceFilterProps<Value>) => {
  const { t } = useTranslation("console");
  const url = useUrlState();
  const values = options.map(({ value }) => value);
  return (
    <Select
      label={label}
      options={initial === undefined ? [{ value: ALL, label: t("filters.all") }, ...options] : options}
      value={url.getOneOf(name, values) ?? initial ?? ALL}
      onChange={(value) => url.set({ [name]: value === (initial ?? ALL) ? null : value })}
    />
  );
};
