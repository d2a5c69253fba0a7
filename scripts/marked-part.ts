/**
 * The document with its part from `begin` to `end` replaced by this one, which has the same marks.
 * @throws {Error} if the document lacks a mark
 */
export const withMarkedPart = (
  document: string,
  { begin, end }: { begin: string; end: string },
  part: string,
): string => {
  const [start, stop] = [document.indexOf(begin), document.indexOf(end)];
  if (start < 0 || stop < start) throw new Error(`The document lacks the lines "${begin}" and "${end}".`);
  return document.slice(0, start) + part + document.slice(stop + end.length);
};
