import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import Handlebars from "handlebars";

/** The values of the placeholders in index.html. */
export interface ShellValues {
  readonly locale: string;
  readonly direction: "ltr" | "rtl";
  readonly product: string;
  /** Shown if the browser does not run scripts. */
  readonly noScript: string;
  readonly nonce: string;
  /** CSS; empty for the colours of Portcullis. */
  readonly brandStyle: string;
  /** JSON that can be embedded in HTML. */
  readonly config: string;
}

/** The page that starts the pages' program. */
export interface Shell {
  render(values: ShellValues): string;
  /** Changes with every build, because the page contains the names of its assets, which contain their hashes. */
  readonly version: string;
}

export const SHELL_FILE = "index.html";

/** Vite would minify a style element, so the build contains this comment in its place. */
const STYLE_PLACE = "<!--brand-style-->";
const STYLE = `{{#if brandStyle}}<style nonce="{{nonce}}">{{{brandStyle}}}</style>{{/if}}`;

/** The shell of the pages that were built into this folder; null if they were not. */
export const readShell = async (folder: string): Promise<Shell | null> => {
  const html = await readFile(join(folder, SHELL_FILE), "utf8").catch(nullIfAbsent);
  if (html === null) return null;
  const render = Handlebars.create().compile<ShellValues>(html.replace(STYLE_PLACE, STYLE), { strict: true });
  return { render: (values) => render(values), version: shortHash(html) };
};

/** For versions in URLs: 72 bits. */
export const shortHash = (content: string | Buffer): string =>
  createHash("sha256").update(content).digest("base64url").slice(0, 12);

export const nullIfAbsent = (error: NodeJS.ErrnoException): null => {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
  throw error;
};
