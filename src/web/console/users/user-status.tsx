import { useTranslation } from "react-i18next";
import { Badge } from "../../kit/display.tsx";

interface UserStatusProps {
  readonly user: { readonly status: "ACTIVE" | "SUSPENDED"; readonly isOperator: boolean };
}

/** Whether a user may log in, and whether they administer the installation. */
export const UserStatus = ({ user: { status, isOperator } }: UserStatusProps) => {
  const { t } = useTranslation("console");
  return (
    <>
      <Badge tone={status === "ACTIVE" ? "success" : "danger"}>{t(`users.status.${status}`)}</Badge>
      {isOperator && <Badge tone="brand">{t("users.operator")}</Badge>}
    </>
  );
};
