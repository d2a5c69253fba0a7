/** The LIKE pattern for values that begin with `text`, in which `%` and `_` are literal. */
export const beginningWith = (text: string): string => `${escaped(text)}%`;

/** The LIKE pattern for values that contain `text`, in which `%` and `_` are literal. */
export const containing = (text: string): string => `%${escaped(text)}%`;

const escaped = (text: string): string => text.replaceAll(/[\\%_]/g, "\\$&");
