import { useQuery } from "@apollo/client/react";
import { Plug } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../i18n/formats.ts";
import { Button } from "../../../kit/button.tsx";
import { Badge, Details, EmptyState, Time } from "../../../kit/display.tsx";
import { Item, Items, Page, Section } from "../../../kit/layout.tsx";
import { QueryView } from "../../../kit/query-view.tsx";
import { ConnectSapDialog } from "./connect-sap-dialog.tsx";
import { ConsoleSapDocument, type SapOfTenantFragment } from "./sap.documents.ts";

/** The SAP system of the tenant of the access token, and what it makes possible. */
export const SapPage = () => {
  const { t } = useTranslation(["administration", "console"]);
  const [isConnecting, setConnecting] = useState(false);
  const query = useQuery(ConsoleSapDocument);
  const connect = () => setConnecting(true);
  return (
    <Page title={t("console:pages.sap")} description={t("sap.description")}>
      <QueryView query={query}>
        {({ tenant: { sapSystem, sapCapabilities } }) => (
          <>
            <Section
              title={t("sap.connection")}
              action={sapSystem && <Button onPress={connect}>{t("sap.reconnect")}</Button>}
            >
              {sapSystem ? <System system={sapSystem} /> : <NotConnected onConnect={connect} />}
            </Section>
            <Section title={t("sap.capabilities")} description={t("sap.capabilitiesText")}>
              <Items label={t("sap.capabilities")}>
                {sapCapabilities.map(({ capability, available, services }) => (
                  <Item
                    key={capability}
                    title={t(`sap.capability.${capability}`)}
                    action={
                      <Badge tone={available ? "success" : "neutral"}>
                        {available ? t("sap.available") : t("sap.unavailable")}
                      </Badge>
                    }
                  >
                    <Services names={services} />
                  </Item>
                ))}
              </Items>
            </Section>
          </>
        )}
      </QueryView>
      {isConnecting && <ConnectSapDialog onClose={() => setConnecting(false)} />}
    </Page>
  );
};

const System = ({ system }: { readonly system: NonNullable<SapOfTenantFragment["sapSystem"]> }) => {
  const { t } = useTranslation("administration");
  const formats = useFormats();
  return (
    <Details
      items={[
        [t("sap.address"), <code key="address">{system.baseUrl}</code>],
        [
          t("sap.state"),
          <Badge key="state" tone={system.reachable ? "success" : "danger"}>
            {system.reachable ? t("sap.reachable") : t("sap.unreachable")}
          </Badge>,
        ],
        [t("sap.checkedAt"), <Time key="checked" at={system.checkedAt} />],
        [t("sap.services"), formats.number(system.serviceCount)],
      ]}
    />
  );
};

const Services = ({ names }: { readonly names: readonly string[] }) => {
  const { t } = useTranslation("administration");
  const formats = useFormats();
  return names.length === 0 ? t("sap.noService") : <bdi>{formats.list(names)}</bdi>;
};

const NotConnected = ({ onConnect }: { readonly onConnect: () => void }) => {
  const { t } = useTranslation("administration");
  return (
    <EmptyState
      icon={<Plug aria-hidden size={32} />}
      title={t("sap.empty.title")}
      action={
        <Button variant="primary" onPress={onConnect}>
          {t("sap.connect")}
        </Button>
      }
    >
      {t("sap.empty.text")}
    </EmptyState>
  );
};
