/** The settings are not right. The message names every fault and no value. */
export class ConfigError extends Error {
  constructor(faults: readonly string[]) {
    super(`The settings are not right:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.name = "ConfigError";
  }
}
