import { EllipsisVertical, Fingerprint, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/formats.ts";
import { Button } from "../kit/button.tsx";
import { ConfirmDialog, Dialog, DialogActions } from "../kit/dialog.tsx";
import { Badge } from "../kit/display.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { Item, Row } from "../kit/layout.tsx";
import { Menu } from "../kit/menu.tsx";
import { TextField } from "../kit/text-fields.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { When } from "./origin-line.tsx";
import { type PasskeysQuery, RemovePasskeyDocument, RenamePasskeyDocument } from "./passkeys.documents.ts";

type Passkey = PasskeysQuery["me"]["passkeys"][number];

interface PasskeyItemProps {
  readonly passkey: Passkey;
  readonly reload: () => Promise<unknown>;
}

export const PasskeyItem = ({ passkey, reload }: PasskeyItemProps) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const [open, setOpen] = useState<"rename" | "remove" | null>(null);
  const { id: passkeyId, name } = passkey;
  const remove = async () => {
    await mutate(RemovePasskeyDocument, { input: { passkeyId } });
    await reload();
    announce(t("passkeys.removed"));
  };
  return (
    <Item
      icon={<Fingerprint aria-hidden size={22} />}
      title={
        <Row>
          <bdi>{name}</bdi>
          <Badge>{passkey.backedUp ? t("passkeys.synced") : t("passkeys.deviceOnly")}</Badge>
        </Row>
      }
      action={
        <Menu
          label={t("passkeys.actions", { name })}
          trigger={
            <Button variant="quiet" size="icon" aria-label={t("passkeys.actions", { name })}>
              <EllipsisVertical aria-hidden size={18} />
            </Button>
          }
          actions={[
            {
              id: "rename",
              label: t("passkeys.rename"),
              icon: <Pencil aria-hidden size={16} />,
              onAction: () => setOpen("rename"),
            },
            {
              id: "remove",
              label: t("passkeys.remove"),
              icon: <Trash2 aria-hidden size={16} />,
              destructive: true,
              onAction: () => setOpen("remove"),
            },
          ]}
        />
      }
    >
      <PasskeyText passkey={passkey} />
      {open === "rename" && <RenamePasskey passkey={passkey} onClose={() => setOpen(null)} />}
      <ConfirmDialog
        title={t("passkeys.removeTitle", { name })}
        action={t("passkeys.remove")}
        destructive
        isOpen={open === "remove"}
        onClose={() => setOpen(null)}
        onConfirm={remove}
      >
        {t("passkeys.removeText")}
      </ConfirmDialog>
    </Item>
  );
};

const PasskeyText = ({ passkey }: Pick<PasskeyItemProps, "passkey">) => {
  const { t } = useTranslation("account");
  const formats = useFormats();
  return (
    <>
      {t("passkeys.created", { date: formats.date(passkey.createdAt) })}
      {" · "}
      {passkey.lastUsedAt ? (
        <>
          <When at={passkey.lastUsedAt}>{(when) => t("passkeys.lastUsed", { when })}</When>
          {" · "}
          {t("passkeys.uses", { count: passkey.useCount })}
        </>
      ) : (
        t("passkeys.neverUsed")
      )}
    </>
  );
};

const RenamePasskey = ({ passkey, onClose }: Pick<PasskeyItemProps, "passkey"> & { readonly onClose: () => void }) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const rename = async ({ name = "" }: FormValues) => {
    await mutate(RenamePasskeyDocument, { input: { passkeyId: passkey.id, name } });
    announce(t("passkeys.renamed"));
    onClose();
  };
  return (
    <Dialog title={t("passkeys.renameTitle")} isOpen onClose={onClose}>
      <Form onSubmit={rename}>
        {(busy) => (
          <>
            <TextField
              name="name"
              label={t("passkeys.name")}
              defaultValue={passkey.name}
              maxLength={64}
              isRequired
              autoFocus
            />
            <DialogActions>
              <Button onPress={onClose}>{t("cancel", { ns: "common" })}</Button>
              <Button type="submit" variant="primary" isPending={busy}>
                {t("save", { ns: "common" })}
              </Button>
            </DialogActions>
          </>
        )}
      </Form>
    </Dialog>
  );
};
