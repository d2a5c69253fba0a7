/** A point on earth, in degrees (WGS 84); south and west are negative. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** The mean radius of the earth, in kilometres (IUGG). */
const EARTH_RADIUS = 6_371;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** The shortest distance between two points on the earth's surface (haversine formula; error at most 0.5 %). */
export const kilometresBetween = (from: Coordinates, to: Coordinates): number => {
  const north = Math.sin(radians(to.latitude - from.latitude) / 2) ** 2;
  const east = Math.sin(radians(to.longitude - from.longitude) / 2) ** 2;
  const chord = north + Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * east;
  // Rounding may push the chord of opposite points past 1, where arcsine is undefined.
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(Math.min(1, chord)));
};
