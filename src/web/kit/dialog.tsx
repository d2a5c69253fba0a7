import { type ReactNode, useState } from "react";
import { Dialog as AriaDialog, Heading } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslation } from "react-i18next";
import { Alert } from "./alert.tsx";
import { Button } from "./button.tsx";
import { classes } from "./classes.ts";
import styles from "./dialog.module.css";
import { useErrorText } from "./errors.ts";

interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** For dialogs whose loss would lose something, such as backup codes that are shown once. */
  readonly closesOnlyByButton?: boolean;
  readonly wide?: boolean;
  readonly role?: "dialog" | "alertdialog";
  readonly children: ReactNode;
}

/** A modal dialog: it holds the focus, and returns it when it closes. */
export const Dialog = ({ title, isOpen, onClose, closesOnlyByButton = false, wide, role, children }: DialogProps) => (
  <ModalOverlay
    isOpen={isOpen}
    onOpenChange={(open) => !open && onClose()}
    isDismissable={!closesOnlyByButton}
    isKeyboardDismissDisabled={closesOnlyByButton}
    className={styles.backdrop as string}
  >
    <Modal className={classes(styles.modal, wide && styles.wide)}>
      <AriaDialog {...(role && { role })} className={styles.dialog as string}>
        <Heading slot="title" level={2}>
          {title}
        </Heading>
        {children}
      </AriaDialog>
    </Modal>
  </ModalOverlay>
);

export const DialogActions = ({ children }: { readonly children: ReactNode }) => (
  <div className={styles.actions}>{children}</div>
);

interface ConfirmDialogProps {
  readonly title: string;
  /** What happens, and whether it can be undone. */
  readonly children: ReactNode;
  /** The verb of the button: "End session", never "OK". */
  readonly action: string;
  readonly destructive?: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onConfirm: () => Promise<unknown>;
}

/** Asks before something that cannot be undone. It closes once that has succeeded, and otherwise shows why not. */
export const ConfirmDialog = ({ children, action, destructive, onConfirm, ...dialog }: ConfirmDialogProps) => {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = () => {
    setError(null);
    dialog.onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      close();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog {...dialog} role="alertdialog" onClose={close}>
      <div>{children}</div>
      {error !== null && <Alert tone="danger">{errorText(error)}</Alert>}
      <DialogActions>
        <Button onPress={close}>{t("cancel")}</Button>
        <Button variant={destructive ? "danger" : "primary"} isPending={busy} onPress={confirm}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
};
