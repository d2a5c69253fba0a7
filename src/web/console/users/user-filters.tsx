import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { ChoiceFilter } from "../kit/filters/choice-filter.tsx";
import { FilterBar } from "../kit/filters/filter-bar.tsx";
import { PeriodFilter } from "../kit/filters/period-filter.tsx";
import { SearchFilter } from "../kit/filters/search-filter.tsx";
import { useUrlState } from "../kit/filters/url-state.ts";
import { usePeriod } from "../kit/filters/use-period.ts";
import { useTenant } from "../kit/use-tenant.ts";
import { useCan, useViewer } from "../kit/viewer.tsx";
import { ConsoleRolesDocument, type UserFilter } from "./users.documents.ts";

export const SORT_FIELDS = ["EMAIL", "USERNAME", "LAST_LOGIN_AT", "CREATED_AT"] as const;

const STATUSES = ["ACTIVE", "SUSPENDED"] as const;
const FACTORS = ["NONE", "TOTP", "PASSKEY"] as const;
const RISKS = ["ELEVATED", "HIGH"] as const;
const KINDS = ["true", "false"] as const;

const PARAMS = ["search", "domain", "status", "role", "factor", "risk", "operator", "created", "lastLogin", "sort"];

/** What the address asks for, as the API's filter. */
export const useUserFilter = (): UserFilter => {
  const url = useUrlState();
  const can = useCan();
  const kind = url.getOneOf("operator", KINDS);
  return {
    search: url.get("search"),
    emailDomain: url.get("domain"),
    status: url.getOneOf("status", STATUSES),
    roleId: url.get("role"),
    factor: url.getOneOf("factor", FACTORS),
    risk: can("audit:read") ? url.getOneOf("risk", RISKS) : null,
    isOperator: kind === null ? null : kind === "true",
    createdAt: usePeriod("created"),
    lastLoginAt: usePeriod("lastLogin"),
  };
};

export const UserFilters = () => {
  const { t } = useTranslation("console");
  const can = useCan();
  const { isOperator } = useViewer();
  const optionsOf = <Value extends string>(values: readonly Value[], label: (value: Value) => string) =>
    values.map((value) => ({ value, label: label(value) }));
  return (
    <FilterBar label={t("users.filter.title")} list="users" params={PARAMS}>
      <SearchFilter name="search" label={t("filters.search")} placeholder={t("users.filter.search")} />
      <ChoiceFilter
        name="status"
        label={t("users.column.status")}
        options={optionsOf(STATUSES, (value) => t(`users.status.${value}`))}
      />
      <ChoiceFilter
        name="factor"
        label={t("users.column.factor")}
        options={optionsOf(FACTORS, (value) => t(`users.factor.${value}`))}
      />
      <RoleFilter />
      {can("audit:read") && (
        <ChoiceFilter
          name="risk"
          label={t("users.filter.risk")}
          options={optionsOf(RISKS, (value) => t(`users.risk.${value}`))}
        />
      )}
      <PeriodFilter name="lastLogin" label={t("users.column.lastLogin")} />
      <PeriodFilter name="created" label={t("users.column.created")} />
      {isOperator && (
        <ChoiceFilter
          name="operator"
          label={t("users.filter.kind")}
          options={optionsOf(KINDS, (value) => t(`users.kind.${value}`))}
        />
      )}
    </FilterBar>
  );
};

/** The roles of the tenant; a role belongs to one, so there is no choice among all tenants. */
const RoleFilter = () => {
  const { t } = useTranslation("console");
  const { data } = useQuery(ConsoleRolesDocument, { variables: { tenantId: useTenant().id } });
  const roles = data?.node?.__typename === "Tenant" ? data.node.roles : [];
  return (
    <ChoiceFilter
      name="role"
      label={t("users.filter.role")}
      options={roles.map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
};
