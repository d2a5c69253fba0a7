import { useQuery } from "@apollo/client/react";
import { Laptop } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/formats.ts";
import { Button } from "../kit/button.tsx";
import { ConfirmDialog } from "../kit/dialog.tsx";
import { Badge, EmptyState } from "../kit/display.tsx";
import { Item, Items, Page, Row, Section } from "../kit/layout.tsx";
import { QueryView } from "../kit/query-view.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { DeviceIcon } from "./device-icon.tsx";
import { ForgetDeviceDocument, KnownDevicesDocument, type KnownDevicesQuery } from "./devices.documents.ts";
import { OriginLine, When } from "./origin-line.tsx";

type KnownDevice = NonNullable<KnownDevicesQuery["me"]["devices"]>[number];

export const DevicesPage = () => {
  const { t } = useTranslation("account");
  const query = useQuery(KnownDevicesDocument, { fetchPolicy: "cache-and-network" });
  const mutate = useMutate();
  const forget = async ({ id }: KnownDevice) => {
    await mutate(ForgetDeviceDocument, { input: { knownDeviceId: id } });
    await query.refetch().catch(() => {});
    announce(t("devices.forgotten"));
  };
  return (
    <Page title={t("devices.title")} description={t("devices.text")}>
      <Section title={t("devices.known")}>
        <QueryView query={query}>{({ me }) => <Devices devices={me.devices ?? []} forget={forget} />}</QueryView>
      </Section>
    </Page>
  );
};

interface DevicesProps {
  readonly devices: readonly KnownDevice[];
  readonly forget: (device: KnownDevice) => Promise<void>;
}

const Devices = ({ devices, forget }: DevicesProps) => {
  const { t } = useTranslation("account");
  const [chosen, setChosen] = useState<KnownDevice | null>(null);
  if (devices.length === 0)
    return (
      <EmptyState icon={<Laptop aria-hidden size={32} />} title={t("devices.none")}>
        {t("devices.noneText")}
      </EmptyState>
    );
  return (
    <>
      <Items label={t("devices.known")}>
        {devices.map((known) => (
          <Item
            key={known.id}
            icon={<DeviceIcon type={known.device.type} />}
            title={
              <Row>
                <bdi>{known.device.label}</bdi>
                {known.trustedAt && <Badge tone="success">{t("devices.trusted")}</Badge>}
              </Row>
            }
            action={
              <Button
                size="small"
                aria-label={t("devices.forgetOf", { device: known.device.label })}
                onPress={() => setChosen(known)}
              >
                {t("devices.forget")}
              </Button>
            }
          >
            <DeviceText known={known} />
          </Item>
        ))}
      </Items>
      <ConfirmDialog
        title={t("devices.forgetTitle")}
        action={t("devices.forget")}
        destructive
        isOpen={chosen !== null}
        onClose={() => setChosen(null)}
        onConfirm={async () => chosen && forget(chosen)}
      >
        {t("devices.forgetText", { device: chosen?.device.label ?? "" })}
      </ConfirmDialog>
    </>
  );
};

const DeviceText = ({ known }: { readonly known: KnownDevice }) => {
  const { t } = useTranslation("account");
  const formats = useFormats();
  return (
    <>
      <When at={known.lastUsedAt}>{(when) => t("devices.lastUsed", { when })}</When>
      {" · "}
      <OriginLine location={known.lastLocation} />
      {" · "}
      {t("devices.firstSeen", { date: formats.date(known.firstSeenAt) })}
      {" · "}
      {t("devices.logins", { count: known.loginCount })}
    </>
  );
};
