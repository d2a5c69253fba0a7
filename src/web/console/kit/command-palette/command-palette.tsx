import { skipToken, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "../../../kit/dialog.tsx";
import { SearchMenu, type SearchMenuItem } from "../search-menu.tsx";
import { useDebounced } from "../use-debounced.ts";
import { useCan } from "../viewer.tsx";
import { FindUsersDocument } from "./command-palette.documents.ts";
import { useCommands } from "./commands.tsx";

const PAUSE_MS = 150;
const MIN_SEARCH = 2;

/** Goes to a page or a user, or does something, by a few letters. */
export const CommandPalette = ({ onClose }: { readonly onClose: () => void }) => {
  const { t } = useTranslation("console");
  const [typed, setTyped] = useState("");
  const { pages, actions, userIcon } = useCommands();
  const users = useFoundUsers(typed).map((user) => ({ ...user, icon: userIcon }));
  return (
    <Dialog title={t("palette.title")} isOpen onClose={onClose}>
      <SearchMenu
        label={t("palette.title")}
        placeholder={t("palette.placeholder")}
        typed={typed}
        onType={setTyped}
        sections={[
          { id: "users", title: t("palette.users"), items: users },
          { id: "pages", title: t("palette.pages"), items: pages },
          { id: "actions", title: t("palette.actions"), items: actions },
        ]}
        empty={t("palette.empty")}
        onChoose={onClose}
      />
    </Dialog>
  );
};

const useFoundUsers = (typed: string): readonly SearchMenuItem[] => {
  const can = useCan();
  const search = useDebounced(typed.trim(), PAUSE_MS);
  const isSearching = can("users:read") && search.length >= MIN_SEARCH;
  const { data, previousData } = useQuery(FindUsersDocument, isSearching ? { variables: { search } } : skipToken);
  if (!isSearching) return [];
  return ((data ?? previousData)?.users.nodes ?? []).map(({ id, email, name }) => ({
    id,
    text: name ?? email,
    detail: name ? email : undefined,
    href: `/console/users/${id}`,
    isFound: true,
  }));
};
