import { z } from "zod";
import { DEFAULT_TENANT } from "#features/tenants/index";
import { hasEmailForm, validateEmail, validateName, validateUsername } from "#features/users/index";
import type { FieldError } from "#shared/errors";
import { DEFAULT_LOCALE, normalizeLocale } from "#shared/locales";
import { ROLES } from "#shared/roles";
import { validateLine } from "#shared/text";

/** In characters. A longer line is not a user. */
const MAX_LINE_LENGTH = 16_384;

/** Validation of the fields of a line, with the same rules as user input. */
export interface LineRules {
  readonly now: Date;
  /** Whether a login can verify this hash. */
  readonly acceptsHash: (hash: string) => boolean;
}

/** One user of another system. */
export type ImportedUser = z.output<ReturnType<typeof lineSchema>>;

type Faults = (value: string, path: string) => readonly FieldError[];

const textBy = (faults: Faults) =>
  z.string().superRefine((value, context) => {
    for (const { message } of faults(value, "")) context.addIssue(message);
  });

const emailForm: Faults = (email, path) =>
  hasEmailForm(email) ? validateEmail(email, path) : [{ path, message: "This is not a valid e-mail address." }];

/** A text that cannot be a slug is rejected without a lookup. */
const validateTenant: Faults = (slug, path) => validateLine(slug, MAX_SLUG_LENGTH, path);
const MAX_SLUG_LENGTH = 200;

const FIRST_INSTANT = new Date("0001-01-01T00:00:00Z");

/** The schema of a line. */
export const lineSchema = ({ now, acceptsHash }: LineRules) =>
  z.strictObject({
    email: textBy(emailForm),
    emailVerified: z.boolean().default(false),
    username: textBy(validateUsername).nullish(),
    name: textBy(validateName).nullish(),
    locale: z.string().default(DEFAULT_LOCALE).transform(normalizeLocale),
    roles: z.array(z.enum(ROLES)).default(["USER"]),
    passwordHash: z
      .string()
      .refine(acceptsHash, "Use a bcrypt ($2a$, $2b$, $2y$) or argon2 hash (PHC string) of reasonable cost.")
      .nullish(),
    createdAt: z.iso
      .datetime({ offset: true })
      .transform((text) => new Date(text))
      // Postgres has no year 0.
      .refine((instant) => instant >= FIRST_INSTANT, "The year must be 0001 or later.")
      .refine((instant) => instant <= now, "This is in the future.")
      .default(now),
    tenant: textBy(validateTenant).default(DEFAULT_TENANT),
  });

export type ParsedLine = { readonly user: ImportedUser } | { readonly faults: readonly string[] };

/** Parses one line. The faults name fields and rules, never the values. */
export const parseLine = (text: string, schema: ReturnType<typeof lineSchema>): ParsedLine => {
  if (text.length > MAX_LINE_LENGTH) return { faults: [`the line has more than ${MAX_LINE_LENGTH} characters`] };
  // The decoder's replacement character for bytes that are not UTF-8: the name would be damaged permanently.
  if (text.includes("\uFFFD")) return { faults: ["the line is not UTF-8"] };
  const parsed = schema.safeParse(parseJson(text));
  return parsed.success ? { user: parsed.data } : { faults: parsed.error.issues.flatMap(describeIssue) };
};

/** Returns undefined if it is not JSON, because the parser's message would quote the line. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const describeIssue = (issue: z.core.$ZodIssue): string[] => {
  if (issue.code === "unrecognized_keys") return issue.keys.map(describeUnknownField);
  if (issue.path.length === 0) return ["the line is not a JSON object"];
  return [`${issue.path.join(".")}: ${issue.message}`];
};

const describeUnknownField = (name: string): string => {
  if (name === "password") return "password: passwords are not accepted, only their hashes";
  return /^\w{1,40}$/.test(name) ? `${name}: unknown field` : "an unknown field";
};
