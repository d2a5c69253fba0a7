/** A change of the brand; null removes. */
export type BrandChange = Partial<Record<"name" | "color" | "logo", string | null>>;
