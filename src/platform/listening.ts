import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { FastifyInstance } from "fastify";

/** Machines without IPv6 cannot listen on ::1. */
const ADDRESS_ABSENT = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/**
 * Listens on the first of these addresses, and on the others at the same port. Addresses that this machine does not have are
 * skipped.
 *
 * @returns the URL of the first address
 */
export const listenOn = async (
  app: FastifyInstance,
  { hosts: [first = "127.0.0.1", ...others], port }: { readonly hosts: readonly string[]; readonly port: number },
): Promise<string> => {
  const listeners = others.map((host) => ({ host, listener: forwarderTo(app) }));
  const closed: Promise<unknown>[] = [];
  app.addHook("preClose", async () => {
    for (const { listener } of listeners.filter(({ listener }) => listener.listening)) {
      closed.push(once(listener, "close"));
      listener.close();
    }
  });
  app.addHook("onClose", async () => void (await Promise.all(closed)));

  const url = await app.listen({ host: first, port });
  const { port: chosen } = app.server.address() as AddressInfo;
  try {
    await Promise.all(listeners.map(({ host, listener }) => listenIfPresent(listener, host, chosen)));
  } catch (error) {
    await app.close();
    throw error;
  }
  return url;
};

/** Passes its connections to the server, whose limits and timeouts then apply to them. */
const forwarderTo = (app: FastifyInstance): Server =>
  createServer({ noDelay: true }, (socket) => void app.server.emit("connection", socket));

const listenIfPresent = async (listener: Server, host: string, port: number): Promise<void> => {
  try {
    listener.listen(port, host);
    await once(listener, "listening");
  } catch (error) {
    if (!ADDRESS_ABSENT.has(String((error as NodeJS.ErrnoException).code))) throw error;
  }
};
