import { readFile } from "node:fs/promises";
import {
  buildSchema,
  type GraphQLNamedType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
} from "graphql";
import { describe, expect, it } from "vitest";
import { printServedSchema } from "#graphql/schema";
import { rootFieldsOf } from "../support/clients/root-fields.ts";

const printed = printServedSchema();
const schema = buildSchema(printed);

/** Open to every caller who can reach the API. Opening another one is a decision, to be recorded here. */
const PUBLIC_FIELDS = [
  "mutation acceptInvitation",
  "mutation cancelFactorReset",
  "mutation checkLoginLink",
  "mutation checkPasswordResetToken",
  "mutation checkPendingLogin",
  "mutation confirmEmailChange",
  "mutation confirmLogin",
  "mutation denyLogin",
  "mutation finishPasskeyLogin",
  "mutation finishSocialLogin",
  "mutation keepEmailChange",
  "mutation login",
  "mutation logout",
  "mutation logoutAll",
  "mutation onboardTenant",
  "mutation refreshToken",
  "mutation register",
  "mutation requestFactorReset",
  "mutation requestPasswordReset",
  "mutation resendVerificationEmail",
  "mutation resetPassword",
  "mutation resumeLogin",
  "mutation sendEmailCode",
  "mutation startPasskeyLogin",
  "mutation startSocialLogin",
  "mutation undoEmailChange",
  "mutation validateToken",
  "mutation verifyBackupCode",
  "mutation verifyEmail",
  "mutation verifyEmailCode",
  "mutation verifyTotp",
  "query _service",
  "query authSettings",
  "query errorCatalog",
  "subscription loginProgressed",
];

describe("the schema", () => {
  it("equals schema.graphql (npm run schema)", async () => {
    expect(await readFile(new URL("../../schema.graphql", import.meta.url), "utf8")).toBe(printed);
  });

  it("opens these root fields to callers who are not signed in, and no other", () => {
    const open = rootFieldsOf(schema).filter(({ field }) => directivesOf(field.astNode).includes("public"));
    expect(open.map(({ kind, name }) => `${kind} ${name}`).toSorted()).toEqual(PUBLIC_FIELDS);
  });

  it("requires nothing else from callers of a public field", () => {
    const contradictory = rootFieldsOf(schema).filter(({ field }) => {
      const directives = directivesOf(field.astNode);
      return directives.includes("public") && (directives.includes("auth") || directives.includes("reauth"));
    });
    expect(contradictory.map(({ name }) => name)).toEqual([]);
  });

  it("returns a user or a session to callers who are not signed in only after a complete login", () => {
    // A refresh token or a mailed link is not sufficient, because a session for enrolment only has one, too.
    const showing = rootFieldsOf(schema)
      .filter(({ field }) => directivesOf(field.astNode).includes("public"))
      .filter(({ field }) => getNamedType(field.type).name !== "LoginResult")
      .filter(({ field }) => typesBehind(getNamedType(field.type)).has("User"))
      .map(({ name }) => name);
    expect(showing).toEqual([]);
  });

  it("accepts no URL for a redirect that the settings do not name; only SAP systems are called", () => {
    const inputs = [
      ...Object.values(schema.getTypeMap())
        .filter(isInputObjectType)
        .flatMap((type) => Object.values(type.getFields())),
      ...rootFieldsOf(schema).flatMap(({ field }) => field.args),
    ];
    const addresses = inputs.filter(({ name, type }) =>
      /\bur[il]|ur[il]\b|redirect|return|callback/i.test(`${name} ${getNamedType(type)}`),
    );
    // The SAP inputs are called by the guarded client (platform/http-client). StartSocialLoginInput contains one of
    // SOCIAL_REDIRECT_URIS, or it is refused (test/api/social/redirects.test.ts).
    expect(addresses.map(({ name }) => name).toSorted()).toEqual(["baseUrl", "baseUrl", "redirectUri", "tokenUrl"]);
  });

  it("describes every type, field, argument, input field, enum value and directive", () => {
    const types = Object.values(schema.getTypeMap())
      .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
      .flatMap(describable);
    const directives = schema
      .getDirectives()
      .filter((directive) => !isSpecifiedDirective(directive))
      .flatMap(({ name, description, args }) => [
        { path: `@${name}`, description },
        ...args.map((arg) => ({ path: `@${name}(${arg.name}:)`, description: arg.description })),
      ]);
    const silent = [...types, ...directives].filter(({ description }) => !description?.trim());
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});

const directivesOf = (node: { readonly directives?: readonly { name: { value: string } }[] } | null | undefined) =>
  (node?.directives ?? []).map(({ name }) => name.value);

/** The names of all object types reachable through a selection of this one. */
const typesBehind = (type: GraphQLNamedType, found = new Set<string>()): Set<string> => {
  if (!isObjectType(type) || found.has(type.name)) return found;
  found.add(type.name);
  // A field with @auth is not reachable for callers who are not signed in.
  for (const field of Object.values(type.getFields()))
    if (!directivesOf(field.astNode).includes("auth")) typesBehind(getNamedType(field.type), found);
  return found;
};

interface Described {
  readonly path: string;
  readonly description: string | null | undefined;
}

/** The type and all of its parts that can have a description. */
const describable = (type: GraphQLNamedType): Described[] => {
  const own = [{ path: type.name, description: type.description }];
  if (isEnumType(type))
    return [
      ...own,
      ...type.getValues().map(({ name, description }) => ({ path: `${type.name}.${name}`, description })),
    ];
  if (isInputObjectType(type))
    return [
      ...own,
      ...Object.values(type.getFields()).map(({ name, description }) => ({
        path: `${type.name}.${name}`,
        description,
      })),
    ];
  if (!isObjectType(type) && !isInterfaceType(type)) return own;
  return [
    ...own,
    ...Object.values(type.getFields()).flatMap((field) => [
      { path: `${type.name}.${field.name}`, description: field.description },
      ...field.args.map(({ name, description }) => ({ path: `${type.name}.${field.name}(${name}:)`, description })),
    ]),
  ];
};
