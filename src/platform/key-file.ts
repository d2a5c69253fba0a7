import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RingKey } from "./secrets.ts";

const FILE = "secret-keys";

/** The key ring of a development machine: created at the first start, readable only by its owner. */
export const loadKeyFile = async (dataDir: string): Promise<RingKey[]> => {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, FILE);
  // If two processes start concurrently, one creates the file, and both read it.
  await writeFile(path, `k1:${randomBytes(32).toString("base64")}\n`, { mode: 0o600, flag: "wx" }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    },
  );
  const text = await readFile(path, "utf8");
  return text
    .trim()
    .split(/\s+/)
    .map((line) => {
      const [id = "", secret = ""] = line.split(":");
      return { id, secret: Buffer.from(secret, "base64") };
    });
};
