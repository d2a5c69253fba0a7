import { useApolloClient } from "@apollo/client/react";
import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useAction } from "../kit/action.tsx";
import { Button } from "../kit/button.tsx";
import { Row, Section } from "../kit/layout.tsx";
import { saveFile } from "../kit/save-file.ts";
import { announce } from "../kit/toasts.tsx";
import { readOwnData } from "./own-data.ts";

/** The right of access (GDPR, articles 15 and 20): a copy of the user's data that programs can read. */
export const DownloadSection = () => {
  const { t } = useTranslation("account");
  const client = useApolloClient();
  const download = useAction(async () => {
    const file = new Blob([await readOwnData(client)], { type: "application/json" });
    saveFile(file, `account-${new Date().toISOString().slice(0, 10)}.json`);
    announce(t("data.downloaded"));
  });
  return (
    <Section title={t("data.download")} description={t("data.downloadText")}>
      {download.failure}
      <Row>
        <Button isPending={download.busy} onPress={() => void download.start()}>
          <Download aria-hidden size={16} />
          {t("data.downloadAction")}
        </Button>
      </Row>
    </Section>
  );
};
