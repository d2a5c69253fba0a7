import { readFileSync } from "node:fs";

/** The settings that contain secrets. */
export const SECRET_SETTINGS = [
  "DATABASE_URL",
  "REDIS_URL",
  "NATS_URL",
  "SMTP_URL",
  "SECRET_KEYS",
  "SOCIAL_PROVIDERS",
  "METRICS_TOKEN",
] as const;

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads secrets from files, as Docker and Kubernetes mount them: `SECRET_KEYS_FILE` names the file with the value of `SECRET_KEYS`.
 * A line break at the end of the file is not part of the value.
 * @returns the variables with the contents of the files; faults name the settings, never a value
 */
export const readSecretFiles = (given: Variables): { readonly variables: Variables; readonly faults: string[] } => {
  const variables: Record<string, string | undefined> = { ...given };
  const faults: string[] = [];
  for (const name of SECRET_SETTINGS) {
    const path = given[`${name}_FILE`];
    if (path === undefined) continue;
    if (given[name] !== undefined) {
      faults.push(`${name}, ${name}_FILE: set only one of them`);
      continue;
    }
    try {
      const text = readFileSync(path, "utf8").replace(/\r?\n$/, "");
      if (text === "") faults.push(`${name}_FILE: the file is empty`);
      else variables[name] = text;
    } catch (error) {
      faults.push(`${name}_FILE: the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
  }
  return { variables, faults };
};
