/** The values of one row: text, numbers and booleans unchanged, instants in ISO 8601, lists and objects as JSON. */
export type CsvValue = unknown;

/**
 * Characters that start a formula in spreadsheets (OWASP, CSV Injection), including their full-width forms, which some programs
 * treat alike.
 */
const FORMULA = "=+\\-@\\t\\r\\uFF1D\\uFF0B\\uFF0D\\uFF20";

/**
 * The starts of cells: the start of the value, and positions after a character that a program with other settings takes for the end
 * of a cell or line (`;` is the separator if the decimal point is a comma). Such a program may also read quotes before the formula
 * as an empty quotation.
 */
const CELL_START = new RegExp(`(^|[;|\\t\\r\\n])(?="*[${FORMULA}])`, "g");

/** Inserts an apostrophe before everything that a spreadsheet would execute as a formula. Other text is left unchanged. */
export const withoutFormulas = (text: string): string => text.replace(CELL_START, "$1'");

const textOf = (value: CsvValue): string => {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** One line of a CSV file (RFC 4180), with its line break. Every cell is quoted, so that no character in it can end it. */
export const csvLine = (values: readonly CsvValue[]): string =>
  `${values.map((value) => `"${withoutFormulas(textOf(value)).replaceAll('"', '""')}"`).join(",")}\r\n`;
