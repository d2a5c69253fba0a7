import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../i18n/formats.ts";
import { useAction } from "../../../kit/action.tsx";
import { Button } from "../../../kit/button.tsx";
import { Badge, Progress, Time, type Tone } from "../../../kit/display.tsx";
import { Row, Stack } from "../../../kit/layout.tsx";
import type { TableColumn } from "../../../kit/table.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { download } from "../../../shell/download.ts";
import { useMutate } from "../../../shell/mutate.ts";
import { useStepUp } from "../../../shell/step-up.tsx";
import { UserLink } from "../../kit/user-link.tsx";
import { useViewer } from "../../kit/viewer.tsx";
import {
  DeleteExportDocument,
  ExportedUserCountDocument,
  ExportProgressDocument,
  type ListedExportFragment,
} from "./exports.documents.ts";

const POLL_MS = 2_000;

const TONES = {
  QUEUED: "neutral",
  RUNNING: "brand",
  READY: "success",
  FAILED: "danger",
  EXPIRED: "neutral",
} as const satisfies Record<ListedExportFragment["status"], Tone>;

const isActive = ({ status }: ListedExportFragment): boolean => status === "QUEUED" || status === "RUNNING";

export const useExportColumns = (onDelete: () => void): readonly TableColumn<ListedExportFragment>[] => {
  const { t } = useTranslation("administration");
  const formats = useFormats();
  return [
    { id: "kind", title: t("exports.column.kind"), cell: ({ kind }) => t(`exports.kind.${kind}`) },
    { id: "format", title: t("exports.column.format"), cell: ({ format }) => format },
    { id: "status", title: t("exports.column.status"), cell: (listed) => <ExportStatus listed={listed} /> },
    { id: "rows", title: t("exports.column.rows"), isNumber: true, cell: ({ rowCount }) => formats.number(rowCount) },
    { id: "creator", title: t("exports.column.creator"), cell: ({ creator }) => <UserLink user={creator} /> },
    { id: "createdAt", title: t("exports.column.createdAt"), cell: ({ createdAt }) => <Time at={createdAt} /> },
    { id: "actions", title: t("actions"), cell: (listed) => <ExportActions listed={listed} onDelete={onDelete} /> },
  ];
};

/** The state of an export; it follows one that is being written. */
const ExportStatus = ({ listed }: { readonly listed: ListedExportFragment }) => {
  const { t } = useTranslation("administration");
  useQuery(ExportProgressDocument, {
    variables: { id: listed.id },
    skip: !isActive(listed),
    pollInterval: POLL_MS,
    fetchPolicy: "network-only",
  });
  if (listed.status === "RUNNING") return <ExportProgress listed={listed} />;
  return (
    <Stack>
      <Badge tone={TONES[listed.status]}>{t(`exports.status.${listed.status}`)}</Badge>
      {listed.failure && <span>{t(`exports.failure.${listed.failure}`)}</span>}
    </Stack>
  );
};

/** The number of events is not known before; that of users is, if it is not very large. */
const ExportProgress = ({ listed: { kind, rowCount } }: { readonly listed: ListedExportFragment }) => {
  const { t } = useTranslation("administration");
  const { data } = useQuery(ExportedUserCountDocument, { skip: kind !== "USERS" });
  const total = data?.users.totalCountIsExact ? data.users.totalCount : null;
  return <Progress label={t("exports.status.RUNNING")} value={total ? Math.min(1, rowCount / total) : null} />;
};

interface ExportActionsProps {
  readonly listed: ListedExportFragment;
  readonly onDelete: () => void;
}

const ExportActions = ({ listed: { id, creator, downloadUrl }, onDelete }: ExportActionsProps) => {
  const { t } = useTranslation("administration");
  const stepUp = useStepUp();
  const mutate = useMutate();
  const isOwn = creator?.id === useViewer().user.id;
  const save = useAction(() => stepUp(() => download(new URL(downloadUrl ?? "").pathname)));
  const remove = useAction(async () => {
    await mutate(DeleteExportDocument, { input: { exportId: id } });
    announce(t("exports.deleted"));
    onDelete();
  });
  return (
    <Stack>
      <Row>
        {downloadUrl && isOwn && (
          <Button size="small" isPending={save.busy} onPress={() => void save.start()}>
            {t("exports.download")}
          </Button>
        )}
        <Button size="small" variant="quiet" isPending={remove.busy} onPress={() => void remove.start()}>
          {t("exports.delete")}
        </Button>
      </Row>
      {save.failure}
      {remove.failure}
    </Stack>
  );
};
