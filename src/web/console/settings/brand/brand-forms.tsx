import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { Form } from "../../../kit/form.tsx";
import { Row } from "../../../kit/layout.tsx";
import { TextField } from "../../../kit/text-fields.tsx";
import styles from "./brand.module.css";
import type { BrandChange } from "./brand-change.ts";

type Save = (change: BrandChange) => Promise<void>;

interface NameFormProps {
  readonly name: string | null;
  /** The name of the tenant, which is shown if the brand has none. */
  readonly fallback: string;
  readonly onSave: Save;
}

export const NameForm = ({ name, fallback, onSave }: NameFormProps) => {
  const { t } = useTranslation(["administration", "common"]);
  return (
    <Form label={t("brand.name")} onSubmit={({ name: typed = "" }) => onSave({ name: typed.trim() || null })}>
      {(busy) => (
        <>
          <TextField name="name" label={t("brand.name")} defaultValue={name ?? ""} placeholder={fallback} />
          <Row>
            <Button type="submit" isPending={busy}>
              {t("common:save")}
            </Button>
          </Row>
        </>
      )}
    </Form>
  );
};

interface ColorFormProps {
  readonly color: string | null;
  readonly onSave: Save;
}

/** The product's own colour. */
const INITIAL_COLOR = "#0f6460";

export const ColorForm = ({ color, onSave }: ColorFormProps) => {
  const { t } = useTranslation(["administration", "common"]);
  const [chosen, choose] = useState(color ?? INITIAL_COLOR);
  return (
    <Form label={t("brand.color")} onSubmit={() => onSave({ color: chosen })}>
      {(busy) => (
        <>
          <Row>
            <input
              type="color"
              aria-label={t("brand.pickColor")}
              className={styles.swatch}
              value={/^#[0-9a-f]{6}$/i.test(chosen) ? chosen : INITIAL_COLOR}
              onChange={(event) => choose(event.currentTarget.value)}
            />
            <TextField name="color" label={t("brand.hex")} value={chosen} onChange={choose} />
          </Row>
          <Row>
            <Button type="submit" isPending={busy}>
              {t("common:save")}
            </Button>
            {color !== null && (
              <Button variant="quiet" onPress={() => void onSave({ color: null }).catch(() => {})}>
                {t("common:remove")}
              </Button>
            )}
          </Row>
        </>
      )}
    </Form>
  );
};
