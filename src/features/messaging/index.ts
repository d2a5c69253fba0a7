export { Responder } from "./requests/responder.ts";
