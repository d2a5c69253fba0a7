import { useQuery } from "@apollo/client/react";
import { ArrowRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../i18n/formats.ts";
import { classes } from "../../../kit/classes.ts";
import { Muted, Section } from "../../../kit/layout.tsx";
import { QueryView } from "../../../kit/query-view.tsx";
import { shownOf } from "../../kit/shown-query.ts";
import { useCan } from "../../kit/viewer.tsx";
import { ConsolePolicyPreviewDocument, type ConsolePolicyPreviewQuery } from "./policy.documents.ts";
import type { Policy } from "./policy-changes.ts";
import styles from "./policy-effect.module.css";

interface PolicyEffectProps {
  readonly tenantId: string;
  /** The settings that are about to change; with none, both columns are the same. */
  readonly changes: Partial<Policy>;
}

/** What the edited policy would have meant for the logins of the last 30 days, beside what the current one did. */
export const PolicyEffect = ({ tenantId, changes }: PolicyEffectProps) => {
  const { t } = useTranslation("administration");
  const isAllowed = useCan()("policy:edit");
  const query = useQuery(ConsolePolicyPreviewDocument, {
    variables: { tenantId, policy: changes },
    skip: !isAllowed,
    fetchPolicy: "cache-and-network",
  });
  if (!isAllowed) return null;
  return (
    <Section title={t("policy.effect.title")} description={t("policy.effect.text")}>
      <QueryView query={shownOf(query)}>
        {({ node }) =>
          node?.__typename === "Tenant" && node.policyPreview ? <Numbers preview={node.policyPreview} /> : null
        }
      </QueryView>
    </Section>
  );
};

type Preview = NonNullable<Extract<ConsolePolicyPreviewQuery["node"], { __typename: "Tenant" }>["policyPreview"]>;

const LOGINS = ["withoutFurtherStep", "withOwnFactor", "withMailedCode", "withConfirmation"] as const;
const USERS = ["usersToEnrol", "usersOverSessionLimit", "sessionsOverLimit"] as const;

const Numbers = ({ preview }: { readonly preview: Preview }) => {
  const { t } = useTranslation("administration");
  const formats = useFormats();
  const { current, proposed, assessedLogins, isSampled } = preview;
  const logins = LOGINS.map((name) => [name, current.logins[name], proposed.logins[name]] as const);
  const users = USERS.map((name) => [name, current[name], proposed[name]] as const);
  return (
    <>
      <table className={styles.table}>
        <thead className={styles.head}>
          <tr>
            <td />
            <th scope="col" className={styles.number}>
              {t("policy.effect.current")}
            </th>
            <th scope="col" className={styles.number}>
              {t("policy.effect.proposed")}
            </th>
          </tr>
        </thead>
        <tbody aria-live="polite">
          {[...logins, ...users].map(([name, before, after]) => (
            <tr key={name} className={classes(styles.row, before !== after && styles.changed)}>
              <th scope="row">{t(`policy.effect.${name}`)}</th>
              <td className={styles.number}>{formats.number(before)}</td>
              <td className={styles.number}>
                {before !== after && <ArrowRight aria-hidden size={14} className={styles.arrow} />}
                {formats.number(after)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Muted small>
        {t(isSampled ? "policy.effect.sampled" : "policy.effect.basis", {
          count: assessedLogins,
          logins: formats.number(assessedLogins),
        })}
      </Muted>
    </>
  );
};
