import { StringDecoder } from "node:string_decoder";

/** Longer lines are cut: the import refuses them anyway, and a file without line ends must not fill the memory. */
const MAX_LINE_LENGTH = 1_048_576;

/**
 * The lines of a UTF-8 text, separated only by LF or CRLF: JSON may contain U+2028 and U+2029, at which `node:readline` splits in
 * newer versions of Node.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of chunks) {
    const [first = "", ...more] = (typeof chunk === "string" ? chunk : decoder.write(chunk)).split("\n");
    rest = (rest + first).slice(0, MAX_LINE_LENGTH);
    for (const part of more) {
      yield withoutCarriageReturn(rest);
      rest = part.slice(0, MAX_LINE_LENGTH);
    }
  }
  rest += decoder.end();
  if (rest !== "") yield withoutCarriageReturn(rest);
}

const withoutCarriageReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);
