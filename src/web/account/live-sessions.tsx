import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/formats.ts";
import { Button } from "../kit/button.tsx";
import { ConfirmDialog } from "../kit/dialog.tsx";
import { Badge } from "../kit/display.tsx";
import { Item, Items, Row } from "../kit/layout.tsx";
import { announce } from "../kit/toasts.tsx";
import { DeviceIcon } from "./device-icon.tsx";
import { OriginLine, When } from "./origin-line.tsx";
import type { LiveSessionsQuery } from "./sessions.documents.ts";

type Session = LiveSessionsQuery["sessions"][number];

interface LiveSessionsProps {
  readonly sessions: readonly Session[];
  readonly end: (sessionId: string) => Promise<void>;
}

/** This device first, then those that were active last. */
export const LiveSessions = ({ sessions, end }: LiveSessionsProps) => {
  const { t } = useTranslation("account");
  const [ending, setEnding] = useState<Session | null>(null);
  const sorted = [...sessions].sort((one, other) => Number(other.current) - Number(one.current));
  return (
    <>
      <Items label={t("sessions.active")}>
        {sorted.map((session) => (
          <Item
            key={session.id}
            icon={<DeviceIcon type={session.device.type} />}
            title={
              <Row>
                <bdi>{session.device.label}</bdi>
                {session.current && <Badge tone="brand">{t("place.thisDevice")}</Badge>}
              </Row>
            }
            action={
              !session.current && (
                <Button
                  size="small"
                  aria-label={t("sessions.endOf", { device: session.device.label })}
                  onPress={() => setEnding(session)}
                >
                  {t("sessions.end")}
                </Button>
              )
            }
          >
            <SessionText session={session} />
          </Item>
        ))}
      </Items>
      <ConfirmDialog
        title={t("sessions.endTitle")}
        action={t("sessions.end")}
        destructive
        isOpen={ending !== null}
        onClose={() => setEnding(null)}
        onConfirm={async () => {
          if (ending) await end(ending.id);
          announce(t("sessions.ended"));
        }}
      >
        {t("sessions.endText", { device: ending?.device.label ?? "" })}
      </ConfirmDialog>
    </>
  );
};

const SessionText = ({ session }: { readonly session: Session }) => {
  const { t } = useTranslation("account");
  const formats = useFormats();
  const methods = formats.list(session.authenticatedWith.map((method) => t(`methods.${method}`)));
  return (
    <>
      <div>
        <OriginLine location={session.location} ipAddress={session.ipAddress} />
        {" · "}
        <When at={session.lastActivityAt}>{(when) => t("sessions.lastActive", { when })}</When>
      </div>
      <div>{t("sessions.since", { date: formats.dateTime(session.createdAt), methods })}</div>
    </>
  );
};
