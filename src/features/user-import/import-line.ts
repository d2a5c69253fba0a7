import { z } from "zod";
import { DEFAULT_TENANT } from "#features/tenants/index";
import { emailFaults, hasEmailForm, nameFaults, usernameFaults } from "#features/users/index";
import type { FieldFault } from "#shared/errors";
import { DEFAULT_LOCALE, normalizeLocale } from "#shared/locales";
import { ROLES } from "#shared/roles";
import { lineFaults } from "#shared/text";

/** Longer ones hold something else than a user; in characters. */
const MAX_LINE_LENGTH = 16_384;

/** What the fields of a line must be, with the very rules that people's own input must keep. */
export interface LineRules {
  readonly now: Date;
  /** Whether a login could ever verify this hash. */
  readonly acceptsHash: (hash: string) => boolean;
}

/** One user of another system. */
export type ImportedUser = z.output<ReturnType<typeof lineSchema>>;

type Faults = (value: string, path: string) => readonly FieldFault[];

const textBy = (faults: Faults) =>
  z.string().superRefine((value, context) => {
    for (const { message } of faults(value, "")) context.addIssue(message);
  });

const emailForm: Faults = (email, path) =>
  hasEmailForm(email) ? emailFaults(email, path) : [{ path, message: "This is not a valid e-mail address." }];

/** What cannot be a short name at all is not looked for. */
const tenantFaults: Faults = (slug, path) => lineFaults(slug, MAX_SLUG_LENGTH, path);
const MAX_SLUG_LENGTH = 200;

const FIRST_INSTANT = new Date("0001-01-01T00:00:00Z");

/** What a line must be. */
export const lineSchema = ({ now, acceptsHash }: LineRules) =>
  z.strictObject({
    email: textBy(emailForm),
    emailVerified: z.boolean().default(false),
    username: textBy(usernameFaults).nullish(),
    name: textBy(nameFaults).nullish(),
    locale: z.string().default(DEFAULT_LOCALE).transform(normalizeLocale),
    roles: z.array(z.enum(ROLES)).default(["USER"]),
    passwordHash: z
      .string()
      .refine(acceptsHash, "Use a bcrypt ($2a$, $2b$, $2y$) or argon2 hash (PHC string) of reasonable cost.")
      .nullish(),
    createdAt: z.iso
      .datetime({ offset: true })
      .transform((text) => new Date(text))
      // The calendar of Postgres has no year 0.
      .refine((instant) => instant >= FIRST_INSTANT, "The year must be 0001 or a later one.")
      .refine((instant) => instant <= now, "This lies in the future.")
      .default(now),
    tenant: textBy(tenantFaults).default(DEFAULT_TENANT),
  });

export type ParsedLine = { readonly user: ImportedUser } | { readonly faults: readonly string[] };

/** Reads one line. Its faults name fields and what is wanted of them, never what was there. */
export const parseLine = (text: string, schema: ReturnType<typeof lineSchema>): ParsedLine => {
  if (text.length > MAX_LINE_LENGTH) return { faults: [`the line has more than ${MAX_LINE_LENGTH} characters`] };
  // What a decoder puts where bytes were no UTF-8: the name would be damaged for good.
  if (text.includes("\uFFFD")) return { faults: ["the line is not UTF-8"] };
  const parsed = schema.safeParse(parseJson(text));
  return parsed.success ? { user: parsed.data } : { faults: parsed.error.issues.flatMap(describeIssue) };
};

/** Undefined where it is no JSON: the parser's own message would quote it. */
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
  if (name === "password") return "password: passwords are not taken, only their hashes";
  return /^\w{1,40}$/.test(name) ? `${name}: there is no such field` : "a field that does not exist";
};
