import { Building2, DoorOpen, EllipsisVertical, House, LogOut } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/formats.ts";
import { useAction } from "../kit/action.tsx";
import { Button } from "../kit/button.tsx";
import { ConfirmDialog } from "../kit/dialog.tsx";
import { Badge } from "../kit/display.tsx";
import { Item, Row } from "../kit/layout.tsx";
import { Menu, type MenuAction } from "../kit/menu.tsx";
import { announce } from "../kit/toasts.tsx";
import { useEnterTenant } from "../shell/enter-tenant.ts";
import { useMutate } from "../shell/mutate.ts";
import { LeaveTenantDocument, type MembershipsQuery, SetHomeTenantDocument } from "./memberships.documents.ts";

type Membership = MembershipsQuery["me"]["memberships"][number];

interface MembershipItemProps {
  readonly membership: Membership;
  /** Whether this tab works there. */
  readonly isHere: boolean;
  readonly reload: () => Promise<unknown>;
}

export const MembershipItem = ({ membership, isHere, reload }: MembershipItemProps) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const enter = useEnterTenant();
  const [asks, setAsks] = useState<"home" | "leave" | null>(null);
  const { tenant, isHome, status } = membership;
  const { id: tenantId, name } = tenant;
  const open = useAction(() => enter(tenantId));
  const makeHome = async () => {
    await mutate(SetHomeTenantDocument, { input: { tenantId } });
    await reload();
    announce(t("memberships.madeHome", { name }));
  };
  const leave = async () => {
    await mutate(LeaveTenantDocument, { input: { tenantId } });
    announce(t("memberships.left", { name }));
    // In a tab of this tenant nothing more can be read.
    if (!isHere) await reload();
  };
  const isActive = status === "ACTIVE";
  const actions: MenuAction[] = [
    ...(isActive && !isHere
      ? [{ id: "open", label: t("memberships.open"), icon: <DoorOpen aria-hidden size={16} />, onAction: open.start }]
      : []),
    ...(isActive && !isHome
      ? [
          {
            id: "home",
            label: t("memberships.makeHome"),
            icon: <House aria-hidden size={16} />,
            onAction: () => setAsks("home"),
          },
        ]
      : []),
    {
      id: "leave",
      label: t("memberships.leave"),
      icon: <LogOut aria-hidden size={16} />,
      destructive: true,
      onAction: () => setAsks("leave"),
    },
  ];
  return (
    <Item
      icon={<Building2 aria-hidden size={22} />}
      title={<MembershipTitle membership={membership} isHere={isHere} />}
      action={
        <Menu
          label={t("memberships.actions", { name })}
          trigger={
            <Button variant="quiet" size="icon" aria-label={t("memberships.actions", { name })}>
              <EllipsisVertical aria-hidden size={18} />
            </Button>
          }
          actions={actions}
        />
      }
    >
      <MembershipText membership={membership} />
      {open.failure}
      <ConfirmDialog
        title={t("memberships.makeHomeTitle", { name })}
        action={t("memberships.makeHome")}
        isOpen={asks === "home"}
        onClose={() => setAsks(null)}
        onConfirm={makeHome}
      >
        {t("memberships.makeHomeText")}
      </ConfirmDialog>
      <ConfirmDialog
        title={t("memberships.leaveTitle", { name })}
        action={t("memberships.leave")}
        destructive
        isOpen={asks === "leave"}
        onClose={() => setAsks(null)}
        onConfirm={leave}
      >
        {t("memberships.leaveText")}
      </ConfirmDialog>
    </Item>
  );
};

const MembershipTitle = ({ membership, isHere }: Pick<MembershipItemProps, "membership" | "isHere">) => {
  const { t } = useTranslation("account");
  return (
    <Row>
      <bdi>{membership.tenant.name}</bdi>
      {membership.isHome && <Badge tone="brand">{t("memberships.home")}</Badge>}
      {isHere && <Badge>{t("memberships.here")}</Badge>}
      {membership.status === "SUSPENDED" && <Badge tone="danger">{t("memberships.suspended")}</Badge>}
    </Row>
  );
};

const MembershipText = ({ membership }: Pick<MembershipItemProps, "membership">) => {
  const { t } = useTranslation("account");
  const formats = useFormats();
  const { joinedAt, roles, entryBlockedUntil } = membership;
  const isBlocked = entryBlockedUntil !== null && Date.parse(entryBlockedUntil) > Date.now();
  return (
    <>
      {t("memberships.joined", { date: formats.date(joinedAt) })}
      {" · "}
      {t("memberships.roles", { roles: formats.list(roles.map(({ name }) => name)) })}
      {isBlocked && <div>{t("memberships.blocked", { date: formats.dateTime(entryBlockedUntil) })}</div>}
    </>
  );
};
