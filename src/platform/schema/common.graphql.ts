// type-graphql's decorators need it, so it must be loaded before the first of them runs.
import "reflect-metadata";
import { Field, ObjectType, registerEnumType } from "type-graphql";
import type { DeviceDescription, DeviceType, GeoLabel } from "#shared/client-info";
import type { DeviceId } from "#shared/ids";

/** A list of names as the object that `registerEnumType` requires. */
const enumOf = <Name extends string>(names: readonly Name[]): { readonly [key in Name]: key } =>
  Object.fromEntries(names.map((name) => [name, name])) as { [key in Name]: key };

/** A registered enum with a description for each value: a value without one does not compile. */
export const describedEnum = <Name extends string>(
  name: string,
  description: string,
  values: Readonly<Record<Name, string>>,
): { readonly [key in Name]: key } => {
  const names = Object.keys(values) as Name[];
  const result = enumOf(names);
  registerEnumType(result, {
    name,
    description,
    valuesConfig: Object.fromEntries(names.map((value) => [value, { description: values[value] }])) as Partial<
      Record<Name, { description: string }>
    >,
  });
  return result;
};

export const DeviceTypeEnum = describedEnum<DeviceType>("DeviceType", "The kind of device, for choosing an icon.", {
  DESKTOP: "A desktop or laptop computer.",
  MOBILE: "A phone.",
  TABLET: "A tablet.",
  OTHER: "Anything else: a program, a television, or unknown.",
});

@ObjectType({ description: "A device as its User-Agent describes it." })
export class Device implements DeviceDescription {
  @Field(() => String, { description: 'For display: "Firefox on Windows".' })
  label!: string;

  @Field(() => String, { nullable: true, description: "The browser's name, if the User-Agent header names it." })
  browser!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The operating system's name, if the User-Agent header names it.",
  })
  os!: string | null;

  @Field(() => DeviceTypeEnum, { description: "The kind of device." })
  type!: DeviceType;

  /** Which of the user's devices it is; not part of the schema. Null if it was never recognized. */
  deviceId?: DeviceId | null;
}

@ObjectType({
  description:
    "The geographic location of an address. From DB-IP City Lite, unless configured otherwise: a page that shows it must link to https://db-ip.com.",
})
export class Location implements GeoLabel {
  @Field(() => String, { description: 'For display: "Kuala Lumpur, Malaysia".' })
  label!: string;

  @Field(() => String, { nullable: true, description: "The city's English name, if known." })
  city!: string | null;

  @Field(() => String, { nullable: true, description: "ISO 3166-1 alpha-2." })
  countryCode!: string | null;
}
