import { z } from "zod";
import type { Mail } from "../mail.ts";

/** A variable of a template: what it may be used for. */
export type Field =
  | { readonly kind: "TEXT" | "FLAG" | "NUMBER" }
  | { readonly kind: "CHOICE"; readonly options: readonly string[] }
  | { readonly kind: "LIST"; readonly items: Fields };

export type Fields = ReadonlyMap<string, Field>;

/** The variables of a mail, by name. The reader's name is not one: it is only in the greeting. */
export const fieldsOf = ({ data, secret }: Pick<Mail, "data" | "secret">): Fields => {
  const fields = new Map<string, Field>([["product", { kind: "TEXT" }], ...shapeOf(data)]);
  fields.delete("name");
  if (secret !== null) fields.set("expires", { kind: "TEXT" });
  if (secret === "code") fields.set("code", { kind: "TEXT" });
  return fields;
};

const shapeOf = (schema: z.ZodObject): [string, Field][] =>
  Object.entries(schema.shape).map(([name, type]) => [name, fieldOf(type as z.ZodType)]);

const fieldOf = (type: z.ZodType): Field => {
  if (type instanceof z.ZodOptional || type instanceof z.ZodNullable || type instanceof z.ZodDefault)
    return fieldOf(type.unwrap() as z.ZodType);
  if (type instanceof z.ZodBoolean) return { kind: "FLAG" };
  if (type instanceof z.ZodNumber) return { kind: "NUMBER" };
  if (type instanceof z.ZodEnum) return { kind: "CHOICE", options: type.options.map(String) };
  if (type instanceof z.ZodArray) return { kind: "LIST", items: new Map(shapeOf(type.element as z.ZodObject)) };
  return { kind: "TEXT" };
};
