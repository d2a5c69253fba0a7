import { useTranslation } from "react-i18next";
import { Checkbox, RadioGroup } from "../../../kit/choice-fields.tsx";
import { Section } from "../../../kit/layout.tsx";
import { NumberField } from "../../../kit/number-field.tsx";
import type { Policy } from "./policy-changes.ts";

interface SettingsProps {
  readonly policy: Policy;
  readonly onChange: (values: Partial<Policy>) => void;
}

/** The limits of the API (`UpdateSecurityPolicyInput`). */
const LIMITS = { risk: [0, 200], sessions: [1, 100], password: [8, 128] } as const;
/** What the switch from "no limit" begins with: the product's default. */
const FIRST_MAX_SESSIONS = 2;

export const LoginSettings = ({ policy, onChange }: SettingsProps) => {
  const { t } = useTranslation("administration");
  return (
    <Section title={t("policy.login")}>
      <RadioGroup
        label={t("policy.secondFactor")}
        value={policy.secondFactor}
        onChange={(secondFactor) => onChange({ secondFactor })}
        options={(["OPTIONAL", "REQUIRED", "REQUIRED_OWN"] as const).map((value) => ({
          value,
          label: t(`policy.secondFactors.${value}.name`),
          description: t(`policy.secondFactors.${value}.meaning`),
        }))}
      />
      <NumberField
        name="confirmLoginAtRisk"
        label={t("policy.confirmLoginAtRisk")}
        description={t("policy.confirmLoginAtRiskHint")}
        value={policy.confirmLoginAtRisk}
        onChange={(confirmLoginAtRisk) => onChange({ confirmLoginAtRisk })}
        minValue={LIMITS.risk[0]}
        maxValue={policy.secondFactorAtRisk}
      />
      <NumberField
        name="secondFactorAtRisk"
        label={t("policy.secondFactorAtRisk")}
        description={t("policy.secondFactorAtRiskHint")}
        value={policy.secondFactorAtRisk}
        onChange={(secondFactorAtRisk) => onChange({ secondFactorAtRisk })}
        minValue={policy.confirmLoginAtRisk}
        maxValue={LIMITS.risk[1]}
      />
    </Section>
  );
};

export const AccountSettings = ({ policy, onChange }: SettingsProps) => {
  const { t } = useTranslation("administration");
  return (
    <Section title={t("policy.accounts")}>
      <RadioGroup
        label={t("policy.registration")}
        value={policy.registration}
        onChange={(registration) => onChange({ registration })}
        options={(["OPEN", "APPROVAL", "INVITE_ONLY"] as const).map((value) => ({
          value,
          label: t(`policy.registrations.${value}.name`),
          description: t(`policy.registrations.${value}.meaning`),
        }))}
      />
      <NumberField
        name="passwordMinLength"
        label={t("policy.passwordMinLength")}
        description={t("policy.passwordMinLengthHint")}
        value={policy.passwordMinLength}
        onChange={(passwordMinLength) => onChange({ passwordMinLength })}
        minValue={LIMITS.password[0]}
        maxValue={LIMITS.password[1]}
      />
    </Section>
  );
};

export const SessionSettings = ({ policy, onChange }: SettingsProps) => {
  const { t } = useTranslation("administration");
  const { maxSessions } = policy;
  return (
    <Section title={t("policy.sessions")}>
      <Checkbox
        isSelected={maxSessions === null}
        onChange={(isUnlimited) => onChange({ maxSessions: isUnlimited ? null : FIRST_MAX_SESSIONS })}
      >
        {t("policy.noMaxSessions")}
      </Checkbox>
      {maxSessions !== null && (
        <NumberField
          name="maxSessions"
          label={t("policy.maxSessions")}
          description={t("policy.maxSessionsHint")}
          value={maxSessions}
          onChange={(value) => onChange({ maxSessions: value })}
          minValue={LIMITS.sessions[0]}
          maxValue={LIMITS.sessions[1]}
        />
      )}
      <RadioGroup
        label={t("policy.passwordChangeEnds")}
        value={policy.passwordChangeEnds}
        onChange={(passwordChangeEnds) => onChange({ passwordChangeEnds })}
        options={(["NONE", "OTHERS", "ALL"] as const).map((value) => ({
          value,
          label: t(`policy.passwordChange.${value}`),
        }))}
      />
    </Section>
  );
};
