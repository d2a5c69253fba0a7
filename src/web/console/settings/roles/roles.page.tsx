import { useQuery } from "@apollo/client/react";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { ConfirmDialog } from "../../../kit/dialog.tsx";
import { Badge } from "../../../kit/display.tsx";
import { Card, Item, Items, Page, Row } from "../../../kit/layout.tsx";
import { QueryView } from "../../../kit/query-view.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { useTenant } from "../../kit/use-tenant.ts";
import { useCan, useViewer } from "../../kit/viewer.tsx";
import { RoleDialog } from "./role-dialog.tsx";
import { ConsoleRoleEditorDocument, DeleteRoleDocument, type EditedRoleFragment } from "./roles.documents.ts";

/** What the roles of the tenant allow. */
export const RolesPage = () => {
  const { t } = useTranslation(["administration", "console"]);
  const tenantId = useTenant().id;
  const viewer = useViewer();
  const can = useCan();
  // Roles are created in the tenant of the access token.
  const mayEdit = can("roles:manage") && viewer.tenant.id === tenantId;
  const [edited, edit] = useState<EditedRoleFragment | "NEW" | null>(null);
  const [deleted, remove] = useState<EditedRoleFragment | null>(null);
  const query = useQuery(ConsoleRoleEditorDocument, { variables: { tenantId } });
  const newButton = mayEdit && (
    <Button variant="primary" onPress={() => edit("NEW")}>
      <Plus aria-hidden size={18} />
      {t("roles.create")}
    </Button>
  );
  return (
    <Page title={t("console:pages.roles")} description={t("roles.description")} action={newButton}>
      <QueryView query={query}>
        {({ node, permissions }) => (
          <>
            <Card>
              <Items label={t("console:pages.roles")}>
                {(node?.__typename === "Tenant" ? node.roles : []).map((role) => (
                  <RoleItem key={role.id} role={role} mayEdit={mayEdit} onEdit={edit} onDelete={remove} />
                ))}
              </Items>
            </Card>
            {edited && (
              <RoleDialog
                role={edited === "NEW" ? null : edited}
                permissions={permissions}
                onClose={() => edit(null)}
                onCreated={() => void query.refetch()}
              />
            )}
          </>
        )}
      </QueryView>
      <DeleteRole role={deleted} onClose={() => remove(null)} onDone={() => void query.refetch()} />
    </Page>
  );
};

interface RoleItemProps {
  readonly role: EditedRoleFragment;
  readonly mayEdit: boolean;
  readonly onEdit: (role: EditedRoleFragment) => void;
  readonly onDelete: (role: EditedRoleFragment) => void;
}

const RoleItem = ({ role, mayEdit, onEdit, onDelete }: RoleItemProps) => {
  const { t } = useTranslation(["administration", "common"]);
  const { name, description, permissions, isBuiltIn } = role;
  const actions = mayEdit && !isBuiltIn && (
    <Row>
      <Button size="small" aria-label={t("roles.editOf", { name })} onPress={() => onEdit(role)}>
        {t("common:edit")}
      </Button>
      <Button size="small" variant="quiet" aria-label={t("roles.deleteOf", { name })} onPress={() => onDelete(role)}>
        {t("roles.delete")}
      </Button>
    </Row>
  );
  return (
    <Item
      title={
        <>
          <bdi>{name}</bdi> {isBuiltIn && <Badge>{t("roles.builtIn")}</Badge>}
        </>
      }
      action={actions}
    >
      {description && (
        <p>
          <bdi>{description}</bdi>
        </p>
      )}
      <p>{t("roles.permissionCount", { count: permissions.length })}</p>
    </Item>
  );
};

interface DeleteRoleProps {
  /** Null: closed. */
  readonly role: EditedRoleFragment | null;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

const DeleteRole = ({ role, onClose, onDone }: DeleteRoleProps) => {
  const { t } = useTranslation("administration");
  const mutate = useMutate();
  if (role === null) return null;
  const confirm = async () => {
    await mutate(DeleteRoleDocument, { input: { roleId: role.id } });
    announce(t("roles.deleted", { name: role.name }));
    onDone();
  };
  return (
    <ConfirmDialog
      title={t("roles.deleteTitle", { name: role.name })}
      action={t("roles.delete")}
      destructive
      isOpen
      onClose={onClose}
      onConfirm={confirm}
    >
      {t("roles.deleteText")}
    </ConfirmDialog>
  );
};
