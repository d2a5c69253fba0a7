import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { Badge, Time, type Tone } from "../../../kit/display.tsx";
import { Muted, Row } from "../../../kit/layout.tsx";
import type { TableColumn } from "../../../kit/table.tsx";
import { PersonName } from "../../kit/person-name.tsx";
import { UserLink } from "../../kit/user-link.tsx";
import type { ListedRegistration } from "./listed-registration.ts";

const TONES = {
  PENDING: "warning",
  PENDING_VERIFICATION: "neutral",
  APPROVED: "success",
  REJECTED: "danger",
} as const satisfies Record<ListedRegistration["status"], Tone>;

interface Actions {
  readonly approve: (registration: ListedRegistration) => Promise<void>;
  readonly reject: (registration: ListedRegistration) => void;
}

export const useRegistrationColumns = ({ approve, reject }: Actions): readonly TableColumn<ListedRegistration>[] => {
  const { t } = useTranslation("administration");
  return [
    {
      id: "person",
      title: t("registrations.column.person"),
      cell: (registration) => <PersonName person={registration} />,
    },
    {
      id: "status",
      title: t("registrations.column.status"),
      cell: ({ status, reason }) => (
        <div>
          <Badge tone={TONES[status]}>{t(`registrations.status.${status}`)}</Badge>
          {reason && (
            <div>
              <Muted small>
                <bdi>{reason}</bdi>
              </Muted>
            </div>
          )}
        </div>
      ),
    },
    {
      id: "requestedAt",
      title: t("registrations.column.requestedAt"),
      cell: ({ requestedAt }) => <Time at={requestedAt} />,
    },
    {
      id: "decided",
      title: t("registrations.column.decided"),
      cell: ({ decidedAt, decidedBy }) =>
        decidedAt && (
          <div>
            <Time at={decidedAt} />
            <div>
              <UserLink user={decidedBy} />
            </div>
          </div>
        ),
    },
    {
      id: "actions",
      title: t("actions"),
      cell: (registration) =>
        registration.status === "PENDING" && (
          <Row>
            <Button size="small" onPress={() => void approve(registration)}>
              {t("registrations.approve")}
            </Button>
            <Button size="small" variant="quiet" onPress={() => reject(registration)}>
              {t("registrations.reject")}
            </Button>
          </Row>
        ),
    },
  ];
};
