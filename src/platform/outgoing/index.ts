export {
  type OutgoingAnswer,
  OutgoingClient,
  type OutgoingRequest,
  type Resolve,
} from "./outgoing-client.ts";
export { OutgoingError, type OutgoingFailure } from "./outgoing-error.ts";
