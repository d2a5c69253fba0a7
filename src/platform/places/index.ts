export { Networks } from "./networks.ts";
export { Places } from "./places.ts";
