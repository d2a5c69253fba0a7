import { describe, expect, it } from "vitest";
import { csvLine, withoutFormulas } from "./csv.ts";

describe("a line of CSV", () => {
  it("quotes every cell, doubles quotes and ends with CR LF (RFC 4180)", () => {
    expect(csvLine(['a "quoted" name', "comma, here", "two\nlines", ""])).toBe(
      '"a ""quoted"" name","comma, here","two\nlines",""\r\n',
    );
  });

  it("has an empty cell for null, ISO 8601 for instants, and JSON for lists and objects", () => {
    expect(csvLine([null, undefined, new Date(0), 7, true, ["a", "b"], { c: 1 }])).toBe(
      '"","","1970-01-01T00:00:00.000Z","7","true","[""a"",""b""]","{""c"":1}"\r\n',
    );
  });
});

describe("a cell that a spreadsheet would execute", () => {
  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠A", "=", "-"])(
    "begins with an apostrophe: %j",
    (text) => {
      expect(withoutFormulas(text).startsWith("'")).toBe(true);
    },
  );

  it("cannot begin inside another cell in a program with another separator", () => {
    expect(withoutFormulas('a;=HYPERLINK("//evil")')).toBe(`a;'=HYPERLINK("//evil")`);
    // Some programs read quotes before a formula as an empty quotation.
    expect(withoutFormulas(`x;"=cmd|'/C calc'!A0;`)).toBe(`x;'"=cmd|'/C calc'!A0;`);
    expect(withoutFormulas("a\n=1\r\n@2\t+3|-4")).toBe("a\n'=1\r\n'@2\t'+3|'-4");
  });

  it("is disarmed for a program that follows RFC 4180", () => {
    const line = csvLine(['=cmd|" /C calc"!A0']);
    expect(line).toBe('"\'=cmd|"" /C calc""!A0"\r\n');
  });

  it.each(["alice@example.com", "Mary-Jane", "a=b", "2026-11-30T12:00:00.000Z", "", "'=1", " =1"])(
    "does not include %j, which is left unchanged",
    (text) => {
      expect(withoutFormulas(text)).toBe(text);
    },
  );
});
