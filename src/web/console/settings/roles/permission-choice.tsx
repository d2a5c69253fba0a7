import { CheckboxGroup, Label } from "react-aria-components/CheckboxGroup";
import { useTranslation } from "react-i18next";
import { Checkbox } from "../../../kit/choice-fields.tsx";
import fieldStyles from "../../../kit/fields.module.css";
import { Muted } from "../../../kit/layout.tsx";
import { useViewer } from "../../kit/viewer.tsx";

export interface PermissionOption {
  readonly name: string;
  readonly description: string | null;
  readonly isBuiltIn: boolean;
}

interface PermissionChoiceProps {
  readonly permissions: readonly PermissionOption[];
  readonly value: readonly string[];
  readonly onChange: (names: readonly string[]) => void;
}

/** The permissions of a role. A caller grants only those that they hold. */
export const PermissionChoice = ({ permissions, value, onChange }: PermissionChoiceProps) => {
  const { t } = useTranslation("administration");
  const { permissions: held } = useViewer();
  return (
    <CheckboxGroup value={[...value]} onChange={onChange} className={fieldStyles.options as string}>
      <Label className={fieldStyles.label as string}>{t("roles.permissions")}</Label>
      {permissions.map(({ name, description }) => (
        <Checkbox key={name} value={name} isDisabled={!held.includes(name) && !value.includes(name)}>
          <code>{name}</code>
          {description && (
            <div>
              <Muted small>{description}</Muted>
            </div>
          )}
        </Checkbox>
      ))}
    </CheckboxGroup>
  );
};
