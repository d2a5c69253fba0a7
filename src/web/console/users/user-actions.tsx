import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button.tsx";
import { Menu, type MenuAction } from "../../kit/menu.tsx";
import { useCan, useViewer } from "../kit/viewer.tsx";
import { EditUserDialog } from "./edit-user-dialog.tsx";
import { SuspendUserDialog } from "./suspend-user-dialog.tsx";
import { UserConfirmation } from "./user-confirmation.tsx";
import type { UserAction } from "./user-operations.ts";
import type { ConsoleUser } from "./user-types.ts";

type OpenDialog = UserAction | "edit" | "suspend";

const DESTRUCTIVE: ReadonlySet<OpenDialog> = new Set(["suspend", "revokeSessions", "resetFactors", "delete"]);

/** What the viewer may do with this user, each after a question. The API refuses what the permissions do not reveal. */
export const UserActions = ({ user }: { readonly user: ConsoleUser }) => {
  const { t } = useTranslation("console");
  const [open, setOpen] = useState<OpenDialog | null>(null);
  const offered = useOffered(user);
  if (offered.length === 0) return null;
  const close = () => setOpen(null);
  const actions: MenuAction[] = offered.map((id) => ({
    id,
    label: t(`user.action.${id}.verb`),
    destructive: DESTRUCTIVE.has(id),
    onAction: () => setOpen(id),
  }));
  return (
    <>
      <Menu
        label={t("user.actions")}
        trigger={
          <Button>
            {t("user.actions")} <ChevronDown aria-hidden size={16} />
          </Button>
        }
        actions={actions}
      />
      <EditUserDialog user={user} isOpen={open === "edit"} onClose={close} />
      <SuspendUserDialog user={user} isOpen={open === "suspend"} onClose={close} />
      {offered
        .filter((id) => id !== "edit" && id !== "suspend")
        .map((id) => (
          <UserConfirmation
            key={id}
            action={id}
            user={user}
            isDestructive={DESTRUCTIVE.has(id)}
            isOpen={open === id}
            onClose={close}
          />
        ))}
    </>
  );
};

/** The actions that make sense for this user, and that the viewer's permissions allow. Users do not manage themselves here. */
const useOffered = ({ id, status, mfa, isOperator, hasPassword, passwordResetRequired }: ConsoleUser): OpenDialog[] => {
  const viewer = useViewer();
  const can = useCan();
  if (viewer.user.id === id) return [];
  const isActive = status === "ACTIVE";
  const manages = can("users:manage");
  const offers: readonly (readonly [OpenDialog, boolean])[] = [
    ["edit", manages],
    ["requirePasswordReset", manages && hasPassword && !passwordResetRequired],
    ["revokeSessions", can("sessions:revoke")],
    ["resetFactors", can("factors:reset") && mfa.enabled && isActive],
    ["makeOperator", viewer.isOperator && !isOperator && isActive],
    ["endOperator", viewer.isOperator && isOperator],
    ["reactivate", manages && !isActive],
    ["suspend", manages && isActive],
    ["delete", manages],
  ];
  return offers.filter(([, isOffered]) => isOffered).map(([action]) => action);
};
