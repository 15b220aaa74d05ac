import { connect, createServer, type Server, type Socket } from "node:net";

/** Between a client and a server: it lets the server say that it is of another version. */
export class VersionProxy {
  readonly place: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, place: string, sockets: Set<Socket>) {
    this.#server = server;
    this.place = place;
    this.#sockets = sockets;
  }

  static open(
    { address, port }: { readonly address: string; readonly port: number },
    version: string,
  ): Promise<VersionProxy> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const behind = connect(port, address);
      for (const socket of [client, behind]) {
        sockets.add(socket);
        socket.on("error", () => undefined);
      }
      client.on("data", (bytes) => behind.write(bytes));
      client.on("close", () => behind.destroy());
      behind.on("close", () => client.destroy());
      behind.on("data", (bytes) => client.write(withVersion(bytes.toString("latin1"), version)));
    });
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const at = server.address();
        const place = typeof at === "object" ? `127.0.0.1:${at?.port}` : "";
        resolve(new VersionProxy(server, place, sockets));
      });
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** The rest of the answer makes room: its length must stay, because it was announced. */
function withVersion(text: string, version: string): Buffer {
  const found = /redis_version:[\d.]+/.exec(text)?.[0];
  if (found === undefined) return Buffer.from(text, "latin1");
  const other = `redis_version:${version}`;
  const spare = other.length - found.length;
  const changed = text.replace(found, other);
  const gap = /gcc_version:.*|redis_build_id:\w*/.exec(changed)?.[0] ?? "";
  const fitting =
    spare >= 0 ? gap.slice(0, gap.length - spare) : gap.padEnd(gap.length - spare, "0");
  return Buffer.from(changed.replace(gap, fitting), "latin1");
}
