import { CheckboxGroup, Label, Text } from "react-aria-components/CheckboxGroup";
import { useTranslation } from "react-i18next";
import { Checkbox } from "../../kit/choice-fields.tsx";
import fieldStyles from "../../kit/fields.module.css";
import { Muted } from "../../kit/layout.tsx";
import { useViewer } from "../kit/viewer.tsx";

export interface AssignableRole {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly permissions: readonly string[];
  readonly isBuiltIn: boolean;
}

interface RoleChoiceProps {
  readonly roles: readonly AssignableRole[];
  readonly value: readonly string[];
  readonly onChange: (roleIds: readonly string[]) => void;
}

/** MEMBER is always added. */
const isChoosable = ({ isBuiltIn, name }: AssignableRole): boolean => !isBuiltIn || name !== "MEMBER";

/** The roles of a person. Those that contain a permission which the caller lacks cannot be chosen: the API would refuse them. */
export const RoleChoice = ({ roles, value, onChange }: RoleChoiceProps) => {
  const { t } = useTranslation("administration");
  const { permissions } = useViewer();
  const isGrantable = (role: AssignableRole) =>
    role.permissions.every((permission) => permissions.includes(permission));
  return (
    <CheckboxGroup value={[...value]} onChange={onChange} className={fieldStyles.options as string}>
      <Label className={fieldStyles.label as string}>{t("roles.choice")}</Label>
      {roles.filter(isChoosable).map((role) => (
        <Checkbox key={role.id} value={role.id} isDisabled={!isGrantable(role) && !value.includes(role.id)}>
          <bdi>{role.name}</bdi>
          {role.description && (
            <div>
              <Muted small>
                <bdi>{role.description}</bdi>
              </Muted>
            </div>
          )}
        </Checkbox>
      ))}
      {!roles.every(isGrantable) && (
        <Text slot="description" className={fieldStyles.description as string}>
          {t("roles.choiceHint")}
        </Text>
      )}
    </CheckboxGroup>
  );
};
