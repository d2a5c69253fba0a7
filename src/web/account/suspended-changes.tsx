import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/formats.ts";
import { useAction } from "../kit/action.tsx";
import { Button } from "../kit/button.tsx";
import { ConfirmDialog } from "../kit/dialog.tsx";
import { Item, Items, Row, Section } from "../kit/layout.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import {
  ConfirmSuspendedChangeDocument,
  type FactorsQuery,
  RemoveSuspendedChangeDocument,
} from "./factors.documents.ts";

type Change = FactorsQuery["suspendedChanges"][number];

interface SuspendedChangesProps {
  readonly changes: readonly Change[];
  readonly reload: () => Promise<unknown>;
}

/** What was done in the user's name while a signing key had leaked: they keep it or remove it. */
export const SuspendedChanges = ({ changes, reload }: SuspendedChangesProps) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const [removing, setRemoving] = useState<Change | null>(null);
  const keep = useAction(async (suspendedChangeId: string) => {
    await mutate(ConfirmSuspendedChangeDocument, { input: { suspendedChangeId } });
    await reload();
    announce(t("suspended.kept"));
  });
  const remove = async (suspendedChangeId: string) => {
    await mutate(RemoveSuspendedChangeDocument, { input: { suspendedChangeId } });
    await reload();
    announce(t("suspended.removed"));
  };
  return (
    <Section title={t("suspended.title")} description={t("suspended.text")}>
      {keep.failure}
      <Items label={t("suspended.title")}>
        {changes.map((change) => (
          <ChangeItem
            key={change.id}
            change={change}
            onKeep={() => keep.start(change.id)}
            onRemove={() => setRemoving(change)}
          />
        ))}
      </Items>
      <ConfirmDialog
        title={t("suspended.removeTitle")}
        action={t("suspended.remove")}
        destructive
        isOpen={removing !== null}
        onClose={() => setRemoving(null)}
        onConfirm={async () => removing && remove(removing.id)}
      >
        {t("suspended.removeText")}
      </ConfirmDialog>
    </Section>
  );
};

interface ChangeItemProps {
  readonly change: Change;
  readonly onKeep: () => void;
  readonly onRemove: () => void;
}

const ChangeItem = ({ change, onKeep, onRemove }: ChangeItemProps) => {
  const { t } = useTranslation("account");
  const formats = useFormats();
  const about = [change.about, change.user?.name ?? change.user?.email].filter(Boolean).join(" · ");
  return (
    <Item
      title={t(`suspended.kinds.${change.kind}`)}
      action={
        <Row>
          <Button size="small" onPress={onKeep}>
            {t("suspended.keep")}
          </Button>
          <Button size="small" onPress={onRemove}>
            {t("suspended.remove")}
          </Button>
        </Row>
      }
    >
      {about && (
        <>
          <bdi>{about}</bdi>
          {" · "}
        </>
      )}
      {t("suspended.madeAt", { date: formats.dateTime(change.madeAt) })}
    </Item>
  );
};
