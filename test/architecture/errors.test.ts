import { buildSchema, isEnumType } from "graphql";
import { beforeAll, describe, expect, it } from "vitest";
import { printServedSchema } from "#graphql/schema";
import { COMMON_ERRORS } from "#platform/schema/errors";
import type { ErrorName } from "#shared/errors";
import { ERROR_REASONS, ERROR_STATUS, REASON_CODES } from "#shared/errors";
import { findThrownErrors, type ThrownErrors } from "../../scripts/thrown-errors.ts";

const schema = buildSchema(printServedSchema());
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {}).map(({ name, description }) => ({
  name,
  ...splitDescription(description ?? ""),
}));

/** The prose, and the list at its end; null without a list. */
function splitDescription(description: string): { prose: string; listed: readonly string[] | null } {
  const [, prose = description, list] = /^([\s\S]*)\n\nErrors: ([A-Z_/, ]+|none)\.$/.exec(description) ?? [];
  return { prose, listed: list === undefined ? null : list === "none" ? [] : list.split(", ") };
}

/** Errors of the access rules and of input validation, thrown before the resolver. */
const OF_RULES: readonly ErrorName[] = [
  ...COMMON_ERRORS,
  "FORBIDDEN/ENROLMENT_REQUIRED",
  "FORBIDDEN/MISSING_PERMISSION",
  "RATE_LIMITED",
  "REAUTHENTICATION_REQUIRED",
  "UNAUTHENTICATED",
];

/**
 * Errors that the sources seem to throw but no call can, because the search ignores conditions and follows an interface into each of
 * its implementations. A new line here states that clients need not expect the error.
 */
const NEVER: readonly {
  readonly of: readonly string[];
  readonly errors: readonly ErrorName[];
  readonly why: string;
}[] = [
  {
    of: [
      "finishPasskeyLogin",
      "finishSocialLogin",
      "login",
      "reauthenticate",
      "resumeLogin",
      "undoEmailChange",
      "verifyBackupCode",
      "verifyEmailCode",
      "verifyTotp",
    ],
    errors: ["CONFLICT/USERNAME_TAKEN"],
    why: "Only the links of verifyEmail and acceptInvitation create users who chose a username.",
  },
  {
    of: [
      "finishPasskeyLogin",
      "login",
      "reauthenticate",
      "resumeLogin",
      "verifyBackupCode",
      "verifyEmailCode",
      "verifyTotp",
    ],
    errors: ["INVALID_TOKEN"],
    why: "Only mailed links consume a link.",
  },
  {
    of: ["acceptInvitation", "finishSocialLogin", "login", "reauthenticate", "undoEmailChange", "verifyEmail"],
    errors: ["INVALID_TOKEN/CHALLENGE_EXPIRED"],
    why: "They consume no challenge of a pending login.",
  },
  {
    of: [
      "acceptInvitation",
      "finishSocialLogin",
      "resumeLogin",
      "undoEmailChange",
      "verifyBackupCode",
      "verifyEmail",
      "verifyEmailCode",
      "verifyTotp",
    ],
    errors: ["INVALID_CREDENTIALS"],
    why: "No passkey is verified, or a wrong one only counts as no proof.",
  },
  {
    of: ["finishPasskeyLogin"],
    errors: ["INVALID_CODE", "RATE_LIMITED/MFA_LOCKED"],
    why: "A passkey is not a code.",
  },
  {
    of: ["verifyBackupCode", "verifyTotp"],
    errors: ["CONFLICT/EMAIL_TAKEN", "FORBIDDEN", "FORBIDDEN/APPROVAL_PENDING", "NOT_FOUND"],
    why: "An address at a provider is verified with a mailed code only.",
  },
  {
    of: ["enableTotp", "login", "regenerateBackupCodes"],
    errors: ["BAD_REQUEST/WEAK_PASSWORD"],
    why: "Backup codes and passwords that were accepted before are not too long to be hashed.",
  },
  {
    of: ["acceptInvitation"],
    errors: [
      "FORBIDDEN/ACCOUNT_SUSPENDED",
      "FORBIDDEN/EMAIL_NOT_VERIFIED",
      "FORBIDDEN/NOT_A_MEMBER",
      "FORBIDDEN/PASSWORD_RESET_REQUIRED",
      "FORBIDDEN/TENANT_SUSPENDED",
    ],
    why: "It creates the user; while the tenant is suspended the link is not found.",
  },
  {
    of: ["verifyEmail"],
    errors: ["FORBIDDEN/EMAIL_NOT_VERIFIED", "FORBIDDEN/PASSWORD_RESET_REQUIRED"],
    why: "The link verifies the address, and sets the password of an imported user.",
  },
  {
    of: ["confirmSuspendedChange"],
    errors: ["CONFLICT/LAST_ADMIN", "CONFLICT/LAST_OPERATOR", "INVALID_TOKEN"],
    why: "Roles are only added, and it accepts no link.",
  },
  { of: ["removeSuspendedChange"], errors: ["CONFLICT/EMAIL_TAKEN", "INVALID_TOKEN"], why: "It changes no address." },
  { of: ["reactivateMember"], errors: ["CONFLICT/LAST_ADMIN"], why: "It withdraws no role." },
  {
    of: ["reactivateMember", "reactivateTenant"],
    errors: ["CONFLICT/LAST_OPERATOR"],
    why: "It prevents no operator from logging in.",
  },
  { of: ["resetSecondFactors"], errors: ["FORBIDDEN/APPROVER_NOT_INDEPENDENT"], why: "It approves nothing." },
  { of: ["setOperator"], errors: ["FORBIDDEN/OTHER_MEMBERSHIPS"], why: "Operators may manage every account." },
  {
    of: ["startSocialLogin"],
    errors: ["FORBIDDEN/EMAIL_NOT_VERIFIED", "INVALID_TOKEN"],
    why: "At that point no code exists that the provider could refuse.",
  },
];

describe("the list of errors of a mutation", () => {
  let thrown: ReadonlyMap<string, ThrownErrors>;
  beforeAll(() => {
    thrown = findThrownErrors();
  });

  it("ends each description, sorted, without the errors that every mutation can return", () => {
    for (const { name, listed } of mutations) {
      expect(listed, name).not.toBeNull();
      expect(listed, name).toEqual([...new Set(listed)].toSorted());
      expect(
        COMMON_ERRORS.filter((error) => listed?.includes(error)),
        name,
      ).toEqual([]);
    }
  });

  it("contains only codes and reasons of the catalogue, each reason with its code", () => {
    const known = new Set([
      ...Object.keys(ERROR_STATUS),
      ...ERROR_REASONS.map((reason) => `${REASON_CODES[reason]}/${reason}`),
    ]);
    expect(mutations.flatMap(({ listed }) => (listed ?? []).filter((error) => !known.has(error)))).toEqual([]);
    expect(valuesOf("ErrorCode")).toEqual(Object.keys(ERROR_STATUS).toSorted());
    expect(valuesOf("ErrorReason")).toEqual([...ERROR_REASONS].toSorted());
  });

  it("is the only place in a description that names them", () => {
    const names = new RegExp(`\\b(${[...Object.keys(ERROR_STATUS), ...ERROR_REASONS].join("|")})\\b`);
    expect(mutations.filter(({ prose }) => names.test(prose)).map(({ name }) => name)).toEqual([]);
  });

  it("contains every error that the sources can throw", () => {
    const missing = mutations.flatMap(({ name, listed }) =>
      [...(thrown.get(name) ?? [])]
        .filter(([error]) => !listed?.includes(error) && !OF_RULES.includes(error) && !isNever(name, error))
        .map(([error, way]) => `${name} can throw ${error}, which its @Fails does not have: ${way.join(" > ")}`),
    );
    expect(missing).toEqual([]);
  });

  it("contains no error that nothing throws", () => {
    const idle = mutations.flatMap(({ name, listed }) =>
      (listed as readonly ErrorName[])
        .filter((error) => !OF_RULES.includes(error) && !thrown.get(name)?.has(error))
        .map((error) => `${name}: ${error}`),
    );
    expect(idle).toEqual([]);
  });

  it("omits the errors named here, which the search still finds", () => {
    const listOf = new Map(mutations.map(({ name, listed }) => [name, listed]));
    const stale = NEVER.flatMap(({ of, errors }) =>
      of.flatMap((name) =>
        errors
          .filter((error) => !thrown.get(name)?.has(error) || listOf.get(name)?.includes(error))
          .map((error) => `${name}: ${error}`),
      ),
    );
    expect(stale).toEqual([]);
  });
});

const isNever = (name: string, error: ErrorName): boolean =>
  NEVER.some(({ of, errors }) => of.includes(name) && errors.includes(error));

const valuesOf = (name: string): string[] => {
  const type = schema.getType(name);
  return isEnumType(type) ? type.getValues().map((value) => value.name) : [];
};
