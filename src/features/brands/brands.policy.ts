import { tooPaleForButtons } from "#shared/brand-colors";
import { type HexColor, isHexColor } from "#shared/contrast";
import type { FieldError } from "#shared/errors";
import { cleanName, validateCompanyName } from "#shared/names";
import type { LogoType } from "./logo-image.ts";

/** How login pages present a tenant; each part is null if not set. */
export interface Brand {
  readonly name: string | null;
  readonly color: string | null;
  readonly logoType: LogoType | null;
  readonly logoHash: string | null;
}

export const NO_BRAND: Brand = { name: null, color: null, logoType: null, logoHash: null };

/** The requested changes. Absent parts stay unchanged, null removes. */
export interface BrandUpdate {
  readonly name?: string | null | undefined;
  readonly color?: string | null | undefined;
  /** A data URL. */
  readonly logo?: string | null | undefined;
}

/** The maximum length of a brand's name: the heading of a phone's login page has no place for more. */
const MAX_NAME_LENGTH = 64;

/** The faults of a brand's name and colour. The name is shown to people who may not know the tenant, like a company name in a mail. */
export const validateBrand = ({ name, color }: BrandUpdate): readonly FieldError[] => [
  ...(name == null ? [] : validateCompanyName(name, "input.name", MAX_NAME_LENGTH)),
  ...(color == null ? [] : validateColor(color)),
];

const validateColor = (color: string): readonly FieldError[] => {
  const path = "input.color";
  if (!isHexColor(color)) return [{ path, message: "Use # and six hexadecimal digits, such as #0f6460." }];
  return tooPaleForButtons(color) === null ? [] : [{ path, message: "Use a darker colour: buttons would look white." }];
};

/** The brand with the name and colour of the update. */
export const updateBrand = (brand: Brand, { name, color }: BrandUpdate): Brand => ({
  ...brand,
  ...(name !== undefined && { name: name === null ? null : cleanName(name) }),
  ...(color !== undefined && { color: color === null ? null : (color.toLowerCase() as HexColor) }),
});

/** The differences, for the security history. */
export const brandChanges = (from: Brand, to: Brand) =>
  Object.fromEntries(
    Object.entries({
      name: { from: from.name, to: to.name },
      color: { from: from.color, to: to.color },
      logo: { from: from.logoHash, to: to.logoHash },
    }).filter(([, change]) => change.from !== change.to),
  );
