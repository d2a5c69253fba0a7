import { Ellipsis } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../i18n/formats.ts";
import { Button } from "../../../kit/button.tsx";
import { Badge, Time } from "../../../kit/display.tsx";
import { Row } from "../../../kit/layout.tsx";
import { Menu, type MenuAction } from "../../../kit/menu.tsx";
import type { TableColumn } from "../../../kit/table.tsx";
import { PersonName } from "../../kit/person-name.tsx";
import { useCan, useViewer } from "../../kit/viewer.tsx";
import type { ListedMember, MemberAction } from "./listed-member.ts";

export const useMemberColumns = (ask: (action: MemberAction) => void): readonly TableColumn<ListedMember>[] => {
  const { t } = useTranslation("administration");
  const formats = useFormats();
  const can = useCan();
  const viewer = useViewer();
  const columns: TableColumn<ListedMember>[] = [
    { id: "person", title: t("members.column.person"), cell: (member) => <PersonName person={member} /> },
    { id: "status", title: t("members.column.status"), cell: (member) => <MemberStatus member={member} /> },
    {
      id: "roles",
      title: t("members.column.roles"),
      cell: ({ roles }) => <bdi>{formats.list(roles.map(({ name }) => name))}</bdi>,
    },
    {
      id: "home",
      title: t("members.column.home"),
      cell: ({ isHome }) => (isHome ? t("members.home") : t("members.elsewhere")),
    },
    { id: "joinedAt", title: t("members.column.joinedAt"), cell: ({ joinedAt }) => <Time at={joinedAt} /> },
  ];
  const actions: TableColumn<ListedMember> = {
    id: "actions",
    title: t("actions"),
    // Admins cannot change their own membership here: they could lock themselves out.
    cell: (member) => member.user?.id !== viewer.user.id && <MemberMenu member={member} ask={ask} />,
  };
  return can("members:manage") ? [...columns, actions] : columns;
};

const MemberStatus = ({ member: { status, entryBlockedUntil } }: { readonly member: ListedMember }) => {
  const { t } = useTranslation("administration");
  return (
    <Row>
      <Badge tone={status === "ACTIVE" ? "success" : "danger"}>{t(`members.status.${status}`)}</Badge>
      {entryBlockedUntil && <Badge tone="warning">{t("members.entryBlocked")}</Badge>}
    </Row>
  );
};

interface MemberMenuProps {
  readonly member: ListedMember;
  readonly ask: (action: MemberAction) => void;
}

const MemberMenu = ({ member, ask }: MemberMenuProps) => {
  const { t } = useTranslation(["administration", "console"]);
  const can = useCan();
  const action = (kind: MemberAction["kind"], destructive = false): MenuAction => ({
    id: kind,
    label: t(`members.action.${kind}`),
    destructive,
    onAction: () => ask({ kind, member }),
  });
  const user: MenuAction[] =
    member.user && member.isHome && can("users:read")
      ? [{ id: "user", label: t("members.openUser"), href: `/console/users/${member.user.id}` }]
      : [];
  const actions = [
    ...user,
    action("roles"),
    ...(member.entryBlockedUntil ? [action("allowEntry")] : []),
    member.status === "ACTIVE" ? action("suspend", true) : action("reactivate"),
    action("remove", true),
  ];
  const label = t("members.actionsOf", { name: member.name ?? member.email });
  return (
    <Menu
      label={label}
      trigger={
        <Button variant="quiet" size="icon" aria-label={label}>
          <Ellipsis aria-hidden size={18} />
        </Button>
      }
      actions={actions}
    />
  );
};
