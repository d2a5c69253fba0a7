import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Change, CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

const PROJECT = new URL("../", import.meta.url);
const RELEASES = new URL("docs/api/", PROJECT);

/** Changes that break no operation, but add values that clients have to handle. */
const TO_ANNOUNCE = new Set<string>(["ENUM_VALUE_ADDED", "UNION_MEMBER_ADDED", "OBJECT_TYPE_INTERFACE_ADDED"]);

/** Removals of elements that `@deprecated` can announce to clients. */
const AFTER_DEPRECATION = new Set<string>([
  "FIELD_REMOVED",
  "FIELD_ARGUMENT_REMOVED",
  "INPUT_FIELD_REMOVED",
  "ENUM_VALUE_REMOVED",
]);

export interface Versions {
  /** The schema of the last release, and its version. */
  readonly released: { readonly version: string; readonly schema: string };
  /** The schema now, and the version in package.json. */
  readonly current: { readonly version: string; readonly schema: string };
  /** CHANGELOG.md: announcements are the text above the released version. */
  readonly changelog: string;
}

/** @returns one line for each change that docs/api-policy.md does not allow */
export const listForbiddenChanges = async ({ released, current, changelog }: Versions): Promise<string[]> => {
  const before = buildSchema(released.schema);
  const announced = announcedSince(changelog, released.version);
  const changes = await diff(before, buildSchema(current.schema));
  return changes.flatMap((change) => {
    const isBreaking = change.criticality.level === CriticalityLevel.Breaking;
    if (!isBreaking && !TO_ANNOUNCE.has(change.type)) return [];
    const name = nameOf(change);
    if (!announced.has(name))
      return [`${change.message}: CHANGELOG.md does not announce \`${name}\` since ${released.version}.`];
    if (isBreaking && majorOf(current.version) <= majorOf(released.version))
      return [`${change.message}: that needs a major version, and package.json has ${current.version}.`];
    if (isBreaking && AFTER_DEPRECATION.has(change.type) && !isDeprecated(released.schema, change))
      return [`${change.message}: it was not @deprecated in ${released.version}.`];
    return [];
  });
};

/** The element that the changelog has to name: `Type`, `Type.field`, `Type.field.argument`, `Enum.VALUE`, `Union.Member`. */
const nameOf = ({ type, path, meta }: Change): string => {
  if (type === "UNION_MEMBER_ADDED") return `${meta.unionName}.${meta.addedUnionMemberTypeName}`;
  if (type === "OBJECT_TYPE_INTERFACE_ADDED") return `${meta.objectTypeName}.${meta.addedInterfaceName}`;
  return path ?? type;
};

/** Every code span above the heading of the released version. */
const announcedSince = (changelog: string, version: string): Set<string> => {
  const [news = ""] = changelog.split(new RegExp(`^## ${version.replaceAll(".", "\\.")}\\b`, "m"));
  return new Set([...news.matchAll(/`([^`\n]+)`/g)].map(([, name = ""]) => name));
};

const majorOf = (version: string): number => Number(version.split(".")[0]);

const isDeprecated = (schema: string, { path = "" }: Change): boolean => {
  const [typeName = "", memberName = "", argumentName] = path.split(".");
  const type = buildSchema(schema).getType(typeName)?.astNode;
  const members = type && ("fields" in type ? type.fields : "values" in type ? type.values : []);
  const member = members?.find(({ name }) => name.value === memberName);
  const found =
    argumentName !== undefined && member && "arguments" in member
      ? member.arguments?.find(({ name }) => name.value === argumentName)
      : member;
  return found?.directives?.some(({ name }) => name.value === "deprecated") ?? false;
};

/** @returns the last release, by docs/api/schema-X.Y.Z.graphql; null before the first one */
export const findLastRelease = async (): Promise<Versions["released"] | null> => {
  const versions = (await readdir(RELEASES)).flatMap(
    (name) => /^schema-(\d+\.\d+\.\d+)\.graphql$/.exec(name)?.[1] ?? [],
  );
  const version = versions.toSorted((one, other) => one.localeCompare(other, "en", { numeric: true })).at(-1);
  if (version === undefined) return null;
  return { version, schema: await readFile(new URL(`schema-${version}.graphql`, RELEASES), "utf8") };
};

/** @returns one line for each change since the last release that the policy does not allow */
export const checkProject = async (): Promise<string[]> => {
  const read = (name: string) => readFile(new URL(name, PROJECT), "utf8");
  const released = await findLastRelease();
  if (released === null) return [];
  const { version } = JSON.parse(await read("package.json"));
  const current = { version, schema: await read("schema.graphql") };
  return listForbiddenChanges({ released, current, changelog: await read("CHANGELOG.md") });
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const forbidden = await checkProject();
  if (forbidden.length > 0) {
    process.stderr.write(
      `The schema breaks its clients (docs/api-policy.md):\n${forbidden.map((line) => `- ${line}\n`).join("")}`,
    );
    process.exitCode = 1;
  }
}
