import { useTranslation } from "react-i18next";
import { useFormats } from "../../../i18n/formats.ts";
import { Button } from "../../../kit/button.tsx";
import { Badge, Time, type Tone } from "../../../kit/display.tsx";
import type { TableColumn } from "../../../kit/table.tsx";
import { PersonName } from "../../kit/person-name.tsx";
import { UserLink } from "../../kit/user-link.tsx";
import type { ListedInvitation } from "./listed-invitation.ts";

const TONES = {
  PENDING: "warning",
  ACCEPTED: "success",
  DECLINED: "neutral",
  EXPIRED: "neutral",
  REVOKED: "neutral",
  VOID: "neutral",
} as const satisfies Record<ListedInvitation["status"], Tone>;

export const useInvitationColumns = (
  revoke: (invitation: ListedInvitation) => void,
): readonly TableColumn<ListedInvitation>[] => {
  const { t } = useTranslation("administration");
  const formats = useFormats();
  return [
    { id: "person", title: t("invitations.column.person"), cell: (invitation) => <PersonName person={invitation} /> },
    {
      id: "status",
      title: t("invitations.column.status"),
      cell: ({ status }) => <Badge tone={TONES[status]}>{t(`invitations.status.${status}`)}</Badge>,
    },
    {
      id: "roles",
      title: t("invitations.column.roles"),
      cell: ({ roles }) => <bdi>{formats.list(roles.map(({ name }) => name))}</bdi>,
    },
    {
      id: "invitedBy",
      title: t("invitations.column.invitedBy"),
      cell: ({ invitedBy }) => <UserLink user={invitedBy} />,
    },
    { id: "invitedAt", title: t("invitations.column.invitedAt"), cell: ({ invitedAt }) => <Time at={invitedAt} /> },
    {
      id: "expiresAt",
      title: t("invitations.column.expiresAt"),
      cell: ({ status, expiresAt }) => status === "PENDING" && <Time at={expiresAt} />,
    },
    {
      id: "actions",
      title: t("actions"),
      cell: (invitation) =>
        invitation.status === "PENDING" && (
          <Button size="small" variant="quiet" onPress={() => revoke(invitation)}>
            {t("invitations.revoke")}
          </Button>
        ),
    },
  ];
};
