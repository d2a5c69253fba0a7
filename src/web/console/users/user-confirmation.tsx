import { useApolloClient } from "@apollo/client/react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../kit/dialog.tsx";
import { announce } from "../../kit/toasts.tsx";
import { type UserAction, useUserOperations } from "./user-operations.ts";
import type { ConsoleUser } from "./user-types.ts";

interface UserConfirmationProps {
  readonly action: UserAction;
  readonly user: ConsoleUser;
  readonly isDestructive: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Asks before an action, says what follows from it, and carries it out. */
export const UserConfirmation = ({ action, user, isDestructive, isOpen, onClose }: UserConfirmationProps) => {
  const { t } = useTranslation("console");
  const operate = useUserOperations(user.id);
  const client = useApolloClient();
  const navigate = useNavigate();
  const names = { name: user.name ?? user.email };
  const confirm = async () => {
    await operate(action);
    announce(t(`user.action.${action}.done`, names));
    if (action !== "delete") return;
    await navigate({ to: "/console/users" as string });
    client.cache.evict({ id: client.cache.identify({ __typename: "User", id: user.id }) ?? "" });
    client.cache.gc();
  };
  return (
    <ConfirmDialog
      title={t(`user.action.${action}.title`, names)}
      action={t(`user.action.${action}.verb`)}
      destructive={isDestructive}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={confirm}
    >
      {t(`user.action.${action}.text`, names)}
    </ConfirmDialog>
  );
};
