import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

const COMMITTED = fileURLToPath(new URL("screenshots", import.meta.url));
/** Not committed: what was seen instead, and where it differs. */
const DIFFERENCES = fileURLToPath(new URL("differences", import.meta.url));

const isUpdate = process.env.UPDATE_SCREENSHOTS === "1";
/** Of all pixels: less is a matter of anti-aliasing. */
const TOLERATED = 0.0005;

/**
 * Compares a screenshot with the committed one of this name, or replaces that one with `UPDATE_SCREENSHOTS=1`.
 * @returns what is different; null: nothing
 */
export const differenceFrom = async (name: string, screenshot: Buffer): Promise<string | null> => {
  const committed = join(COMMITTED, `${name}.png`);
  if (isUpdate) {
    await write(committed, screenshot);
    return null;
  }
  const seen = join(DIFFERENCES, `${name}.seen.png`);
  const marked = join(DIFFERENCES, `${name}.marked.png`);
  await Promise.all([seen, marked].map((path) => rm(path, { force: true })));
  const [expected, actual] = [await readFile(committed).then(PNG.sync.read, () => null), PNG.sync.read(screenshot)];
  const report = async (text: string, difference?: PNG): Promise<string> => {
    await write(seen, screenshot);
    if (difference) await write(marked, PNG.sync.write(difference));
    return `${name} ${text}`;
  };
  if (expected === null) return report("is not committed");
  const { width, height } = actual;
  if (expected.width !== width || expected.height !== height)
    return report(`is ${width} × ${height} instead of ${expected.width} × ${expected.height}`);
  const difference = new PNG({ width, height });
  const pixels = pixelmatch(expected.data, actual.data, difference.data, width, height);
  return pixels > TOLERATED * width * height ? report(`differs in ${pixels} pixels`, difference) : null;
};

const write = async (path: string, content: Buffer): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};
