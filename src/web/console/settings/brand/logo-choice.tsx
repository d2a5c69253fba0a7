import { FileTrigger } from "react-aria-components/FileTrigger";
import { useTranslation } from "react-i18next";
import { useAction } from "../../../kit/action.tsx";
import { Button } from "../../../kit/button.tsx";
import { Muted, Row, Stack } from "../../../kit/layout.tsx";
import styles from "./brand.module.css";

const TYPES = ["image/png", "image/webp"];

/** @returns the file as `data:image/png;base64,…` */
const dataUrlOf = (file: File): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

interface LogoChoiceProps {
  /** What the logo stands for. */
  readonly name: string;
  readonly logoUrl: string | null;
  /** A data URL; null removes the logo. */
  readonly onChange: (logo: string | null) => Promise<void>;
}

export const LogoChoice = ({ name, logoUrl, onChange }: LogoChoiceProps) => {
  const { t } = useTranslation(["administration", "common"]);
  const removal = useAction(() => onChange(null));
  const upload = useAction(async (file: File) => onChange(await dataUrlOf(file)));
  return (
    <Stack>
      {logoUrl ? <img src={logoUrl} alt={name} className={styles.logo} /> : <Muted>{t("brand.noLogo")}</Muted>}
      <Row>
        <FileTrigger acceptedFileTypes={TYPES} onSelect={(files) => files?.[0] && void upload.start(files[0])}>
          <Button isPending={upload.busy}>{t("brand.upload")}</Button>
        </FileTrigger>
        {logoUrl && (
          <Button variant="quiet" isPending={removal.busy} onPress={() => void removal.start()}>
            {t("common:remove")}
          </Button>
        )}
      </Row>
      {upload.failure}
      {removal.failure}
    </Stack>
  );
};
