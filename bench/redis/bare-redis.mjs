// As little of a client as there can be: one connection, ready bytes, answers that are counted.
import { once } from "node:events";
import { connect } from "node:net";

const LINE_END = 0x0a;
const ERROR = 0x2d;

/**
 * @typedef {object} Ready commands one after another
 * @property {Uint8Array} bytes
 * @property {number} commands
 */

export class BareRedis {
  #socket;
  #answered = 0;
  /** @type {(error: Error) => void} */
  #onFailure = () => undefined;
  #onAnswers = () => undefined;

  /** @param {import("node:net").Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (error) => this.#onFailure(error));
    socket.on("close", () => this.#onFailure(new Error("the server closed the connection")));
  }

  /**
   * @param {string} host
   * @param {number} port
   */
  static async open(host, port) {
    const socket = connect({ host, port });
    await once(socket, "connect");
    return new BareRedis(socket);
  }

  /**
   * Sends all, as fast as the socket takes it, a chunk a write; every answer has to be a number.
   *
   * @param {readonly Ready[]} ready
   * @returns {Promise<void>} settles with the last answer
   */
  async send(ready) {
    const expected = ready.reduce((sum, { commands }) => sum + commands, 0);
    /** @type {Promise<void>} */
    const answered = new Promise((resolve, reject) => {
      this.#onFailure = reject;
      this.#onAnswers = () => {
        if (this.#answered === expected) resolve();
      };
    });
    // A failure while the socket is full is told by what is awaited at the end.
    answered.catch(() => undefined);
    this.#answered = 0;
    for (const { bytes } of ready) {
      if (this.#socket.write(bytes)) continue;
      await Promise.race([once(this.#socket, "drain"), answered]);
    }
    await answered;
  }

  close() {
    this.#onFailure = () => undefined;
    this.#socket.destroy();
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    if (chunk.includes(ERROR)) {
      this.#onFailure(new Error(`the server refused: ${chunk.toString("latin1", 0, 200)}`));
    }
    let lines = 0;
    for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1))
      lines += 1;
    this.#answered += lines;
    this.#onAnswers();
  }
}
