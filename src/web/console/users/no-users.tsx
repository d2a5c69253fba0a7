import { SearchX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../kit/display.tsx";

export const NoUsers = () => {
  const { t } = useTranslation("console");
  return (
    <EmptyState icon={<SearchX aria-hidden size={32} />} title={t("users.empty.title")}>
      {t("users.empty.text")}
    </EmptyState>
  );
};
