import { Search } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import styles from "./command-button.module.css";

const load = () => import("./command-palette.tsx");
const CommandPalette = lazy(() => load().then(({ CommandPalette: palette }) => ({ default: palette })));

const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);

/** Opens the command palette, which is loaded when it is first needed; so do Ctrl K and ⌘ K, everywhere in the console. */
export const CommandButton = () => {
  const { t } = useTranslation("console");
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      setOpen(true);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  return (
    <>
      <Button size="small" aria-label={t("palette.search")} onHoverStart={load} onPress={() => setOpen(true)}>
        <Search aria-hidden size={16} />
        <span className={styles.text}>{t("palette.search")}</span>
        <kbd aria-hidden className={styles.keys} data-keys={isMac ? "⌘ K" : "Ctrl K"} />
      </Button>
      <Suspense>{isOpen && <CommandPalette onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
};
