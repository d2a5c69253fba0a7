import { z } from "zod";

/** The headings of docs/configuration.md and .env.example, in their order. */
export const SETTING_SUBJECTS = [
  "Process",
  "Database",
  "Redis",
  "NATS",
  "Mail",
  "Brand and language",
  "Keys and tokens",
  "Sessions",
  "Password hashing",
  "Passkeys",
  "Social login",
  "Users and registration",
  "Login limits",
  "Retention and exports",
  "HTTP and WebSockets",
  "Outgoing requests",
  "Geolocation",
  "Hosted pages",
  "Pages of your frontend",
] as const;

/** How docs/configuration.md and .env.example describe a setting. */
export interface SettingDocs {
  readonly subject: (typeof SETTING_SUBJECTS)[number];
  /** What the setting does; Markdown, one paragraph. */
  readonly description: string;
  /** A valid value as written in the environment, which a test reads; for SECRET_KEYS a placeholder, so that no installation uses it. */
  readonly example: string;
  /** The kind of value, unless the schema is a number, an enumeration or a flag. */
  readonly value?: string;
  /** The default in words, if it depends on something else. */
  readonly default?: string;
}

export const settingDocs = z.registry<SettingDocs>();

/** Declares a setting together with its documentation. */
export const setting = <Type extends z.ZodType>(type: Type, docs: SettingDocs): Type => {
  settingDocs.add(type, docs);
  return type;
};
