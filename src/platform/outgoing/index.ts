export {
  type OutgoingAnswer,
  OutgoingClient,
  type OutgoingRequest,
  type Resolve,
  type ResolvedAddress,
} from "./outgoing-client.ts";
export { OutgoingError, type OutgoingFailure } from "./outgoing-error.ts";
