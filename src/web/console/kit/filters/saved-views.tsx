import { Bookmark, Check, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { Dialog, DialogActions } from "../../../kit/dialog.tsx";
import { Form } from "../../../kit/form.tsx";
import { Menu, type MenuAction } from "../../../kit/menu.tsx";
import { TextField } from "../../../kit/text-fields.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useViewer } from "../viewer.tsx";
import { useUrlState } from "./url-state.ts";
import { isShown, useSavedViews } from "./view-store.ts";

const MAX_NAME = 60;

interface SavedViewsProps {
  readonly list: string;
  readonly params: readonly string[];
}

/** Combinations of filters and order that the user has named, in this browser. */
export const SavedViews = ({ list, params }: SavedViewsProps) => {
  const { t } = useTranslation(["console", "common"]);
  const url = useUrlState();
  const { views, save, remove } = useSavedViews(list, useViewer().user.id);
  const [isNaming, setNaming] = useState(false);
  const current = Object.fromEntries(params.map((name) => [name, url.get(name)]));
  const isEmpty = Object.values(current).every((value) => value === null);
  const shown = views.find((view) => isShown(view, current));

  const actions: MenuAction[] = [
    ...views.map((view) => ({
      id: `view ${view.name}`,
      label: view.name,
      icon: view === shown ? <Check aria-hidden size={16} /> : <Bookmark aria-hidden size={16} />,
      onAction: () => url.set({ ...Object.fromEntries(params.map((name) => [name, null])), ...view.values }),
    })),
    ...(shown
      ? [
          {
            id: "remove",
            label: t("views.remove", { name: shown.name }),
            icon: <Trash2 aria-hidden size={16} />,
            destructive: true,
            onAction: () => remove(shown.name),
          },
        ]
      : [
          {
            id: "save",
            label: t("views.save"),
            icon: <Plus aria-hidden size={16} />,
            isDisabled: isEmpty,
            onAction: () => setNaming(true),
          },
        ]),
  ];

  return (
    <>
      <Menu
        label={t("views.title")}
        trigger={
          <Button>
            <Bookmark aria-hidden size={16} />
            {shown?.name ?? t("views.title")}
          </Button>
        }
        actions={actions}
      />
      <Dialog title={t("views.save")} isOpen={isNaming} onClose={() => setNaming(false)}>
        <p>{t("views.text")}</p>
        <Form
          onSubmit={async ({ name = "" }) => {
            save({ name: name.trim(), values: current });
            setNaming(false);
            announce(t("views.saved", { name: name.trim() }));
          }}
        >
          <TextField name="name" label={t("views.name")} maxLength={MAX_NAME} isRequired autoFocus />
          <DialogActions>
            <Button onPress={() => setNaming(false)}>{t("common:cancel")}</Button>
            <Button type="submit" variant="primary">
              {t("common:save")}
            </Button>
          </DialogActions>
        </Form>
      </Dialog>
    </>
  );
};
