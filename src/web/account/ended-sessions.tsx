import { useTranslation } from "react-i18next";
import { Badge, EmptyState } from "../kit/display.tsx";
import { Item, Items, Row } from "../kit/layout.tsx";
import { LoadMore } from "../kit/load-more.tsx";
import { DeviceIcon } from "./device-icon.tsx";
import { OriginLine, When } from "./origin-line.tsx";
import type { EndedSessionsQuery } from "./sessions.documents.ts";

interface EndedSessionsProps {
  readonly page: EndedSessionsQuery["sessionHistory"];
  readonly load: (after: string) => Promise<unknown>;
}

/** The reasons that the user should know about. */
const WARNINGS: ReadonlySet<string | null> = new Set(["TOKEN_REUSED", "LOGIN_DENIED", "STEP_UP_FAILED"]);

export const EndedSessions = ({ page: { nodes, pageInfo }, load }: EndedSessionsProps) => {
  const { t } = useTranslation("account");
  if (nodes.length === 0) return <EmptyState title={t("sessions.noPast")}>{t("sessions.noPastText")}</EmptyState>;
  return (
    <>
      <Items label={t("sessions.past")}>
        {nodes.map(({ id, device, location, ipAddress, endReason, endedAt }) => (
          <Item
            key={id}
            icon={<DeviceIcon type={device.type} />}
            title={
              <Row>
                <bdi>{device.label}</bdi>
                {endReason && (
                  <Badge tone={WARNINGS.has(endReason) ? "danger" : "neutral"}>
                    {t(`sessions.reasons.${endReason}`)}
                  </Badge>
                )}
              </Row>
            }
          >
            <OriginLine location={location} ipAddress={ipAddress} />
            {endedAt && (
              <>
                {" · "}
                <When at={endedAt}>{(when) => t("sessions.endedAt", { when })}</When>
              </>
            )}
          </Item>
        ))}
      </Items>
      <LoadMore pageInfo={pageInfo} load={load} />
    </>
  );
};
