import type { Socket } from "node:net";

/**
 * Sends everything that is written to the socket in one turn of the event loop with one system call. Under load, requests that arrive
 * together then share the calls that wake Redis or Postgres, which cost more than the commands themselves.
 */
export const batchWrites = <Stream extends Socket>(socket: Stream): Stream => {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isCorked = false;
  const uncork = () => {
    isCorked = false;
    socket.uncork();
  };
  socket.write = (...args: unknown[]) => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      setImmediate(uncork);
    }
    return write(...args);
  };
  return socket;
};
