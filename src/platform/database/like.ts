/** The LIKE pattern of what begins with `text`, whose own `%` and `_` mean themselves. */
export const beginningWith = (text: string): string => `${escaped(text)}%`;

/** The LIKE pattern of what contains `text`, whose own `%` and `_` mean themselves. */
export const containing = (text: string): string => `%${escaped(text)}%`;

const escaped = (text: string): string => text.replaceAll(/[\\%_]/g, "\\$&");
