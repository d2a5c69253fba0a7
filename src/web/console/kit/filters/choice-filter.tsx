import { useTranslation } from "react-i18next";
import { Select } from "../../../kit/select.tsx";
import { useUrlState } from "./url-state.ts";

const ALL = "ALL";

interface ChoiceFilterProps<Value extends string> {
  readonly name: string;
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
}

/** A filter with a few values, of which one or none is chosen. */
export const ChoiceFilter = <Value extends string>({ name, label, options }: ChoiceFilterProps<Value>) => {
  const { t } = useTranslation("console");
  const url = useUrlState();
  const values = options.map(({ value }) => value);
  return (
    <Select
      label={label}
      options={[{ value: ALL, label: t("filters.all") }, ...options]}
      value={url.getOneOf(name, values) ?? ALL}
      onChange={(value) => url.set({ [name]: value === ALL ? null : value })}
    />
  );
};
