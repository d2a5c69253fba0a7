/** Invalid settings. The message lists all faults, but no values. */
export class ConfigError extends Error {
  constructor(faults: readonly string[]) {
    super(`Invalid settings:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.name = "ConfigError";
  }
}
