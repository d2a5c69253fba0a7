import { useApolloClient, useQuery } from "@apollo/client/react";
import { UserRoundCheck } from "lucide-react";
import { useState } from "react";
import type { Selection } from "react-aria-components/Table";
import { useTranslation } from "react-i18next";
import { Alert } from "../../../kit/alert.tsx";
import { Button } from "../../../kit/button.tsx";
import { EmptyState } from "../../../kit/display.tsx";
import { useErrorText } from "../../../kit/errors.ts";
import { Card, Page, Row } from "../../../kit/layout.tsx";
import { QueryView } from "../../../kit/query-view.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { ConnectionTable, NO_ROWS, usePage } from "../../kit/connection-table.tsx";
import { ChoiceFilter } from "../../kit/filters/choice-filter.tsx";
import { FilterBar } from "../../kit/filters/filter-bar.tsx";
import { PeriodFilter } from "../../kit/filters/period-filter.tsx";
import { useUrlState } from "../../kit/filters/url-state.ts";
import { usePeriod } from "../../kit/filters/use-period.ts";
import { shownOf } from "../../kit/shown-query.ts";
import { useTenant } from "../../kit/use-tenant.ts";
import { WaitingRegistrationsDocument } from "../../kit/waiting.documents.ts";
import type { ListedRegistration } from "./listed-registration.ts";
import { useRegistrationColumns } from "./registration-columns.tsx";
import { ApproveRegistrationDocument, ConsoleRegistrationsDocument } from "./registrations.documents.ts";
import { RejectDialog } from "./reject-dialog.tsx";

const STATUSES = ["PENDING", "PENDING_VERIFICATION", "APPROVED", "REJECTED"] as const;

/** Who has applied for an account, and waits for a decision. */
export const RegistrationsPage = () => {
  const { t } = useTranslation(["administration", "console"]);
  const url = useUrlState();
  const status = url.getOneOf("status", [...STATUSES, "ANY"] as const) ?? "PENDING";
  const filter = { status: status === "ANY" ? null : status, requestedAt: usePeriod("requested") };
  const query = useQuery(ConsoleRegistrationsDocument, {
    variables: { tenantId: useTenant().id, filter, ...usePage() },
    fetchPolicy: "cache-and-network",
  });
  const shown = shownOf(query);
  const client = useApolloClient();
  const decisions = useDecisions(() => {
    void client.refetchQueries({ include: [ConsoleRegistrationsDocument, WaitingRegistrationsDocument] });
  });
  const columns = useRegistrationColumns({ approve: decisions.approve, reject: decisions.askReason });
  return (
    <Page title={t("console:pages.registrations")} description={t("registrations.description")}>
      <Card>
        <FilterBar label={t("registrations.filter")} list="registrations" params={["status", "requested"]}>
          <ChoiceFilter
            name="status"
            label={t("registrations.column.status")}
            initial="PENDING"
            options={[...STATUSES, "ANY" as const].map((value) => ({
              value,
              label: t(`registrations.status.${value}`),
            }))}
          />
          <PeriodFilter name="requested" label={t("registrations.column.requestedAt")} />
        </FilterBar>
        {decisions.failure}
        <QueryView query={shown}>
          {({ node }) => {
            const connection = (node?.__typename === "Tenant" ? node.registrations : null) ?? NO_ROWS;
            return (
              <>
                <ApproveSelected registrations={connection.nodes} decisions={decisions} />
                <ConnectionTable
                  label={t("console:pages.registrations")}
                  columns={columns}
                  connection={connection}
                  isStale={shown.isStale}
                  {...(status === "PENDING" && { selected: decisions.selected, onSelect: decisions.select })}
                  empty={<NoRegistrations isFiltered={status !== "PENDING"} />}
                />
              </>
            );
          }}
        </QueryView>
      </Card>
      <RejectDialog registration={decisions.asked} onClose={decisions.closeReason} onDone={decisions.finish} />
    </Page>
  );
};

const NoRegistrations = ({ isFiltered }: { readonly isFiltered: boolean }) => {
  const { t } = useTranslation("administration");
  return (
    <EmptyState icon={<UserRoundCheck aria-hidden size={32} />} title={t("registrations.empty.title")}>
      {isFiltered ? t("registrations.empty.filtered") : t("registrations.empty.text")}
    </EmptyState>
  );
};

type Decisions = ReturnType<typeof useDecisions>;

interface ApproveSelectedProps {
  readonly registrations: readonly ListedRegistration[];
  readonly decisions: Decisions;
}

const ApproveSelected = ({ registrations, decisions }: ApproveSelectedProps) => {
  const { t } = useTranslation("administration");
  const { selected } = decisions;
  const chosen = registrations.filter(
    ({ id, status }) => status === "PENDING" && (selected === "all" || selected.has(id)),
  );
  if (chosen.length === 0) return null;
  return (
    <Row>
      <Button variant="primary" isPending={decisions.isBusy} onPress={() => void decisions.approve(...chosen)}>
        {t("registrations.approveSelected", { count: chosen.length })}
      </Button>
    </Row>
  );
};

/** Approvals one by one, each of which can be refused, and what is shown of them. */
const useDecisions = (onChange: () => void) => {
  const { t } = useTranslation("administration");
  const errorText = useErrorText();
  const mutate = useMutate();
  const [selected, select] = useState<Selection>(new Set());
  const [isBusy, setBusy] = useState(false);
  const [asked, askReason] = useState<ListedRegistration | null>(null);
  const [failures, setFailures] = useState<readonly string[]>([]);

  const approve = async (...registrations: readonly ListedRegistration[]) => {
    setBusy(true);
    const results = await Promise.allSettled(
      registrations.map(({ id: registrationId }) => mutate(ApproveRegistrationDocument, { input: { registrationId } })),
    );
    const refused = results.flatMap((result, index) =>
      result.status === "rejected" ? [`${registrations[index]?.email}: ${errorText(result.reason)}`] : [],
    );
    const count = results.length - refused.length;
    setFailures(refused);
    setBusy(false);
    select(new Set());
    if (count > 0) announce(t("registrations.approved", { count }));
    onChange();
  };

  const failure = failures.length > 0 && (
    <Alert tone="danger" title={t("registrations.failed", { count: failures.length })}>
      {failures.map((text) => (
        <p key={text}>{text}</p>
      ))}
    </Alert>
  );
  return {
    selected,
    select,
    isBusy,
    approve,
    asked,
    askReason,
    closeReason: () => askReason(null),
    finish: onChange,
    failure,
  };
};
