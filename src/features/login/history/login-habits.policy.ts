/** The hours of the day (UTC) whose bits are set. */
export const hoursOf = (bits: number): number[] =>
  Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => (bits & (1 << hour)) !== 0);
