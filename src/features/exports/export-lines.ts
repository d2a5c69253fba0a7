import type { SecurityEventRow } from "#features/audit/index";
import { levelOf } from "#features/audit/index";
import { detailsOf } from "#features/security-history/index";
import type { User } from "#features/users/index";
import { csvLine } from "./csv.ts";
import type { ExportFormat, ExportKind } from "./exports.policy.ts";

/** A user with the names of the roles in the tenant of the export. */
export type ExportedUser = User & { readonly tenantRoles: readonly string[] };

/** The fields of a user in a line. The names are those of the schema. */
export const userRecord = (user: ExportedUser) => ({
  id: user.id,
  email: user.email,
  emailVerified: user.emailVerified,
  username: user.username,
  name: user.name,
  locale: user.locale,
  status: user.status,
  roles: user.tenantRoles,
  isOperator: user.isOperator,
  passwordResetRequired: user.passwordResetRequired,
  lastLoginAt: user.lastLoginAt,
  createdAt: user.createdAt,
});

/** The fields of a security event in a line. The names are those of the schema; `details` has the fields of the event's own type. */
export const securityEventRecord = (event: SecurityEventRow) => ({
  id: event.id,
  type: event.type,
  level: levelOf(event.type),
  occurredAt: event.occurredAt,
  userId: event.userId,
  ipAddress: event.ipAddress,
  device: event.device,
  location: event.location,
  details: detailsOf(event),
});

type RecordOf = {
  readonly USERS: ReturnType<typeof userRecord>;
  readonly SECURITY_EVENTS: ReturnType<typeof securityEventRecord>;
};

/** The columns of a CSV file: the names for the first line, and how to read each value. Devices and locations are shown as labels. */
const COLUMNS: { readonly [Kind in ExportKind]: Readonly<Record<string, (record: RecordOf[Kind]) => unknown>> } = {
  USERS: {
    id: ({ id }) => id,
    email: ({ email }) => email,
    emailVerified: ({ emailVerified }) => emailVerified,
    username: ({ username }) => username,
    name: ({ name }) => name,
    locale: ({ locale }) => locale,
    status: ({ status }) => status,
    roles: ({ roles }) => roles.join(", "),
    isOperator: ({ isOperator }) => isOperator,
    passwordResetRequired: ({ passwordResetRequired }) => passwordResetRequired,
    lastLoginAt: ({ lastLoginAt }) => lastLoginAt,
    createdAt: ({ createdAt }) => createdAt,
  },
  SECURITY_EVENTS: {
    id: ({ id }) => id,
    type: ({ type }) => type,
    level: ({ level }) => level,
    occurredAt: ({ occurredAt }) => occurredAt,
    userId: ({ userId }) => userId,
    ipAddress: ({ ipAddress }) => ipAddress,
    device: ({ device }) => device?.label,
    location: ({ location }) => location?.label,
    details: ({ details }) => details,
  },
};

/** The text before the first row of a file. */
export const headerOf = (kind: ExportKind, format: ExportFormat): string =>
  format === "CSV" ? csvLine(Object.keys(COLUMNS[kind])) : "";

/** The lines of these records, each with its line break. */
export const linesOf = <Kind extends ExportKind>(
  kind: Kind,
  format: ExportFormat,
  records: readonly RecordOf[Kind][],
): string => {
  if (format === "NDJSON") return records.map((record) => `${JSON.stringify(record)}\n`).join("");
  const columns = Object.values(COLUMNS[kind]);
  return records.map((record) => csvLine(columns.map((read) => read(record)))).join("");
};
