type FieldOf<Union> = Union extends unknown ? keyof Union : never;
type MemberWith<Union, Field extends PropertyKey> = Union extends Record<Field, unknown> ? Union : never;

/**
 * @returns the answer as the member of its union that has this field
 * @throws {Error} if another member came
 */
export const memberWith = <Union extends object, Field extends FieldOf<Union> & string>(
  field: Field,
  answer: Union | null | undefined,
): MemberWith<Union, Field> => {
  if (!answer || !(field in answer)) throw new Error(`An answer without ${field}: ${JSON.stringify(answer)}`);
  return answer as unknown as MemberWith<Union, Field>;
};

/** @throws {Error} if it is missing */
export const present = <Value>(value: Value | null | undefined): Value => {
  if (value === null || value === undefined) throw new Error("A value is missing.");
  return value;
};
