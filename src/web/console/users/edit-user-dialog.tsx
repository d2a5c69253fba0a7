import { useTranslation } from "react-i18next";
import { CONFIG } from "../../config.ts";
import { Button } from "../../kit/button.tsx";
import { Dialog, DialogActions } from "../../kit/dialog.tsx";
import { Form } from "../../kit/form.tsx";
import { Select } from "../../kit/select.tsx";
import { TextField } from "../../kit/text-fields.tsx";
import { announce } from "../../kit/toasts.tsx";
import { UpdateUserDocument } from "./user-actions.documents.ts";
import { useUserMutate } from "./user-operations.ts";
import type { ConsoleUser } from "./user-types.ts";

const MAX_NAME = 200;

interface EditUserDialogProps {
  readonly user: ConsoleUser;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** The name, the username and the language of a user. Only the owner of an address can change it. */
export const EditUserDialog = ({ user, isOpen, onClose }: EditUserDialogProps) => {
  const { t } = useTranslation(["console", "common"]);
  const mutate = useUserMutate();
  const locales = Object.entries(CONFIG.locales).map(([value, label]) => ({ value, label }));
  return (
    <Dialog title={t("user.action.edit.title", { name: user.name ?? user.email })} isOpen={isOpen} onClose={onClose}>
      <Form
        fieldOf={{ USERNAME_TAKEN: "username" }}
        onSubmit={async ({ name = "", username = "", locale = "" }) => {
          const changed = username.trim() === (user.username ?? "") ? null : username.trim() || null;
          await mutate(UpdateUserDocument, {
            input: { userId: user.id, name: name.trim(), username: changed, locale: locale || null },
          });
          onClose();
          announce(t("common:saved"));
        }}
      >
        {(busy) => (
          <>
            <TextField
              name="name"
              label={t("user.name")}
              defaultValue={user.name ?? ""}
              maxLength={MAX_NAME}
              autoFocus
            />
            <TextField
              name="username"
              label={t("users.column.username")}
              defaultValue={user.username ?? ""}
              isRequired={user.username !== null}
            />
            <Select
              name="locale"
              label={t("common:language")}
              options={locales}
              defaultValue={user.locale.split("-")[0] ?? ""}
            />
            <DialogActions>
              <Button onPress={onClose}>{t("common:cancel")}</Button>
              <Button type="submit" variant="primary" isPending={busy}>
                {t("common:save")}
              </Button>
            </DialogActions>
          </>
        )}
      </Form>
    </Dialog>
  );
};
