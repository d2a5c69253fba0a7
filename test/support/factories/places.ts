import type { AnonymousNetworks, GeoIpDatabase } from "#platform/geoip/index";

/** Addresses of homes and offices. Networks move to other cities; the first address that is still in its city is used. */
const CANDIDATES = {
  "Kuala Lumpur, Malaysia": ["1.9.1.10", "58.26.77.10", "60.54.1.10", "110.159.77.10", "183.78.1.10", "218.208.77.10"],
  Singapore: ["203.117.1.10", "137.132.77.10", "114.141.77.10", "87.82.1.10", "1.118.77.10"],
  "Berlin, Germany": ["78.55.77.10", "84.173.77.10", "87.171.77.10", "93.128.77.10", "141.63.77.10", "212.21.77.10"],
  "Munich, Germany": ["79.206.77.10", "93.134.1.10", "139.23.1.10", "194.234.77.10", "217.82.1.10"],
  "London, United Kingdom": ["86.4.1.10", "109.147.1.10", "194.130.77.10", "25.93.77.10", "138.52.1.10"],
  "New York, United States": ["67.85.77.10", "74.203.77.10", "142.105.77.10", "162.84.77.10", "12.244.77.10"],
  "Sydney, Australia": ["60.228.1.10", "101.191.1.10", "120.158.77.10", "124.184.1.10", "203.54.1.10"],
} as const;

/** An address in this city, according to the installed location database. */
export const addressIn = (city: keyof typeof CANDIDATES, places: Pick<GeoIpDatabase, "find">): string => {
  const address = CANDIDATES[city].find((candidate) => places.find(candidate)?.label === city);
  if (address === undefined) throw new Error(`All listed addresses in ${city} have moved. Add others to the list.`);
  return address;
};

/** Addresses of hosting providers in Singapore, an hour's flight from Kuala Lumpur. */
const HOSTED = ["52.74.1.10", "13.228.1.10", "139.59.100.10", "8.219.1.10", "159.89.200.10"];

/** An address of a hosting network that the location database locates in Singapore. */
export const hostedInSingapore = (
  places: Pick<GeoIpDatabase, "find">,
  networks: Pick<AnonymousNetworks, "isAnonymous">,
): string => {
  const address = HOSTED.find((each) => networks.isAnonymous(each) && places.find(each)?.label === "Singapore");
  if (address === undefined)
    throw new Error("All listed hosting addresses in Singapore have moved. Add others to the list.");
  return address;
};
