export { AnonymousNetworks } from "./anonymous-networks.ts";
export { GeoIpDatabase } from "./geoip-database.ts";
