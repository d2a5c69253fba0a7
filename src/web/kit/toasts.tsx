import { X } from "lucide-react";
import { Text } from "react-aria-components/Text";
import {
  UNSTABLE_Toast as Toast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from "react-aria-components/Toast";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import styles from "./toasts.module.css";

/** React Aria's minimum: long enough to be read out. */
const SHOWN_MS = 6_000;

const queue = new ToastQueue<string>({ maxVisibleToasts: 3 });

/** Says that something was done, without taking the focus. Never for errors, which stay where they happened. */
export const announce = (text: string): void => {
  queue.add(text, { timeout: SHOWN_MS });
};

export const Toasts = () => {
  const { t } = useTranslation();
  return (
    <ToastRegion queue={queue} aria-label={t("notices")} className={styles.region as string}>
      {({ toast }) => (
        <Toast toast={toast} className={styles.toast as string}>
          <ToastContent>
            <Text slot="title">{toast.content}</Text>
          </ToastContent>
          <Button slot="close" variant="quiet" size="icon" aria-label={t("close")}>
            <X aria-hidden size={16} />
          </Button>
        </Toast>
      )}
    </ToastRegion>
  );
};
