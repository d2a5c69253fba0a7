import { skipToken, useQuery } from "@apollo/client/react";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import styles from "./filter-bar.module.css";
import { useUrlState } from "./url-state.ts";
import { FilteredUserDocument } from "./user-filter.documents.ts";

const PARAM = "user";

/** The user that a link has filtered a list by, and the way back to all users. */
export const UserFilter = () => {
  const { t } = useTranslation(["console", "common"]);
  const url = useUrlState();
  const id = url.get(PARAM);
  const { data } = useQuery(FilteredUserDocument, id === null ? skipToken : { variables: { id } });
  if (id === null) return null;
  const email = data?.user?.email ?? (data ? t("common:unknown") : "…");
  return (
    <div className={styles.chosen}>
      <span className={styles.chosenText}>
        {t("filters.user")} <bdi>{email}</bdi>
      </span>
      <Button
        size="icon"
        variant="quiet"
        aria-label={t("filters.removeUser", { email })}
        onPress={() => url.set({ [PARAM]: null })}
      >
        <X aria-hidden size={16} />
      </Button>
    </div>
  );
};
