import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { Card, Page } from "../../kit/layout.tsx";
import { QueryView } from "../../kit/query-view.tsx";
import { ConnectionTable, NO_ROWS, usePage } from "../kit/connection-table.tsx";
import { shownOf } from "../kit/shown-query.ts";
import { useSort } from "../kit/use-sort.ts";
import { useTenant } from "../kit/use-tenant.ts";
import { NoUsers } from "./no-users.tsx";
import { useUserColumns } from "./user-columns.tsx";
import { SORT_FIELDS, UserFilters, useUserFilter } from "./user-filters.tsx";
import { ConsoleUsersDocument, type ConsoleUsersQuery, type UserPageFragment } from "./users.documents.ts";

/** All users that the viewer may see. */
export const UsersPage = () => {
  const { t } = useTranslation("console");
  const { chosenId, id: tenantId } = useTenant();
  const sort = useSort(SORT_FIELDS, "-CREATED_AT");
  const isOneTenant = chosenId !== null;
  const columns = useUserColumns(isOneTenant);
  const query = useQuery(ConsoleUsersDocument, {
    variables: { filter: useUserFilter(), orderBy: sort.order, tenantId, isOneTenant, ...usePage() },
    fetchPolicy: "cache-and-network",
  });
  const shown = shownOf(query);
  return (
    <Page title={t("pages.users")}>
      <Card>
        <UserFilters />
        <QueryView query={shown}>
          {(data) => (
            <ConnectionTable
              label={t("pages.users")}
              columns={columns}
              connection={connectionOf(data)}
              hrefOf={({ id }) => `/console/users/${id}`}
              {...(!isOneTenant && { sort })}
              isStale={shown.isStale}
              empty={<NoUsers />}
            />
          )}
        </QueryView>
      </Card>
    </Page>
  );
};

/** A tenant that does not exist, or that the viewer may not see, has no users. */
const connectionOf = ({ users, node }: ConsoleUsersQuery): UserPageFragment =>
  users ?? (node?.__typename === "Tenant" ? node.users : null) ?? NO_ROWS;
