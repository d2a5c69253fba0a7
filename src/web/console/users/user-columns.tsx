import { useTranslation } from "react-i18next";
import { Time } from "../../kit/display.tsx";
import { Muted, Row } from "../../kit/layout.tsx";
import type { TableColumn } from "../../kit/table.tsx";
import { PersonName } from "../kit/person-name.tsx";
import { useViewer } from "../kit/viewer.tsx";
import { UserStatus } from "./user-status.tsx";
import type { UserPageFragment } from "./users.documents.ts";

type ListedUser = UserPageFragment["nodes"][number];

/** The columns of the list. Those with the id of an order can be sorted by, unless the list has only one order. */
export const useUserColumns = (hasOneOrder: boolean): readonly TableColumn<ListedUser>[] => {
  const { t } = useTranslation(["console", "common"]);
  const isSortable = !hasOneOrder;
  const columns: TableColumn<ListedUser>[] = [
    { id: "EMAIL", title: t("users.column.email"), isSortable, cell: (user) => <PersonName person={user} /> },
    {
      id: "USERNAME",
      title: t("users.column.username"),
      isSortable,
      cell: ({ username }) => username && <bdi>{username}</bdi>,
    },
    {
      id: "status",
      title: t("users.column.status"),
      cell: (user) => (
        <Row>
          <UserStatus user={user} />
        </Row>
      ),
    },
    {
      id: "factor",
      title: t("users.column.factor"),
      cell: ({ mfa }) => (mfa.enabled ? t("common:yes") : <Muted>{t("common:no")}</Muted>),
    },
    {
      id: "LAST_LOGIN_AT",
      title: t("users.column.lastLogin"),
      isSortable,
      cell: ({ lastLoginAt }) => (lastLoginAt ? <Time at={lastLoginAt} /> : <Muted>{t("common:never")}</Muted>),
    },
    {
      id: "CREATED_AT",
      title: t("users.column.created"),
      isSortable,
      cell: ({ createdAt }) => <Time at={createdAt} />,
    },
  ];
  const tenant: TableColumn<ListedUser> = { id: "tenant", title: t("common:tenant"), cell: (user) => user.tenant.name };
  return useViewer().isOperator && !hasOneOrder ? [...columns.slice(0, 2), tenant, ...columns.slice(2)] : columns;
};
