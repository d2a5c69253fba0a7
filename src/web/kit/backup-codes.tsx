import { Download, Printer } from "lucide-react";
import { useTranslation } from "react-i18next";
import { CONFIG } from "../config.ts";
import styles from "./backup-codes.module.css";
import { Button } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";
import { Row } from "./layout.tsx";
import { saveFile } from "./save-file.ts";

const TEXT = "text/plain;charset=utf-8";

/** Backup codes, which are shown once: to copy, to print, and to download as a text file. */
export const BackupCodes = ({ codes }: { readonly codes: readonly string[] }) => {
  const { t } = useTranslation();
  const text = [t("backupCodes.heading"), "", ...codes, ""].join("\n");
  return (
    <div className={styles.box}>
      <p className={styles.heading}>{t("backupCodes.heading")}</p>
      {/* biome-ignore lint/a11y/noRedundantRoles: Safari drops the role of lists without markers. */}
      <ul role="list" aria-label={t("backupCodes.label")} className={styles.codes} dir="ltr">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Row>
        <CopyButton text={codes.join("\n")} label={t("copy")} />
        <Button size="small" onPress={() => window.print()}>
          <Printer aria-hidden size={16} />
          {t("backupCodes.print")}
        </Button>
        <Button
          size="small"
          onPress={() => saveFile(new Blob([text], { type: TEXT }), `${CONFIG.product} ${t("backupCodes.file")}.txt`)}
        >
          <Download aria-hidden size={16} />
          {t("backupCodes.download")}
        </Button>
      </Row>
    </div>
  );
};
