// As little of a client as there can be: one connection, the CQL binary protocol
// v4 (doc/native_protocol_v4.spec of Apache Cassandra), no driver.
import { once } from "node:events";
import { connect } from "node:net";

/** @typedef {import("../../dist/cassandra/frame-buffer.js").Frames} Frames */

const HEADER_BYTES = 9;
const REQUEST = 0x04;
const opcodes = { error: 0, startup: 1, ready: 2, result: 8, prepare: 9 };
/** Kinds of a RESULT. */
const PREPARED = 4;
const MAX_STREAMS = 2 ** 15;
/** Of a response whose body begins with warnings. */
const WARNED = 0x08;
/** Errors that pass: the server was overloaded, or too slow to write. */
const passing = [0x1001, 0x1100];
/** Of a load: more of them, and it is no measure of anything. */
const MAX_REPEATS = 1000;

/**
 * @typedef {object} Response
 * @property {number} opcode
 * @property {number} stream
 * @property {Buffer} body without warnings
 */

/**
 * Frames as they are sent over one connection: the stream id of each is its number.
 *
 * @param {Frames} frames whose bytes are changed
 */
export function numberStreams({ bytes, offsets, count }) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let i = 0; i < count; i += 1) view.setUint16((offsets[i] ?? 0) + 2, i % MAX_STREAMS);
}

export class BareConnection {
  #socket;
  /** @type {Buffer} bytes of a response that is not whole yet */
  #rest = Buffer.alloc(0);
  /** @type {(response: Response) => boolean} false: its request is to be waited for again */
  #onResponse = () => true;
  /** @type {(error: Error) => void} */
  #onFailure = () => undefined;

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
    const connection = new BareConnection(socket);
    const version = [...shortText("CQL_VERSION"), ...shortText("3.0.0")];
    const { opcode } = await connection.#request(opcodes.startup, Buffer.from([0, 1, ...version]));
    if (opcode !== opcodes.ready) throw new Error(`STARTUP was answered by opcode ${opcode}`);
    return connection;
  }

  /**
   * @param {string} cql
   * @returns {Promise<Uint8Array>} the statement's id
   */
  async prepare(cql) {
    const text = Buffer.from(cql);
    const length = Buffer.alloc(4);
    length.writeInt32BE(text.length);
    const { opcode, body } = await this.#request(opcodes.prepare, Buffer.concat([length, text]));
    if (opcode !== opcodes.result || body.readInt32BE(0) !== PREPARED) {
      throw new Error(`PREPARE was answered by opcode ${opcode}`);
    }
    const idLength = body.readUInt16BE(4);
    return Uint8Array.from(body.subarray(6, 6 + idLength));
  }

  /**
   * Sends the frames [begin, end), so many at a time, each whole run of them by one write. Their
   * streams are numbered. What an overloaded server did not get done is sent again.
   *
   * @param {Frames} frames
   * @param {number} begin
   * @param {number} end
   * @param {number} window
   * @returns {Promise<void>} settles when all are acknowledged, or one was refused
   */
  send(frames, begin, end, window) {
    return new Promise((resolve, reject) => {
      if (begin === end) return resolve();
      this.#onFailure = reject;
      let next = begin;
      let acknowledged = begin;
      let repeats = 0;
      const sendMore = (/** @type {number} */ count) => {
        const first = next;
        next = Math.min(next + count, end);
        if (first < next) this.#write(frames, first, next);
      };
      this.#onResponse = ({ opcode, stream, body }) => {
        if (opcode === opcodes.result) return true;
        repeats += 1;
        if (!passing.includes(body.readInt32BE(0)) || repeats > MAX_REPEATS) {
          reject(refusal(opcode, body));
          return true;
        }
        // The last frame of that stream: others were answered long ago.
        const frame =
          next - 1 - ((((next - 1 - stream) % MAX_STREAMS) + MAX_STREAMS) % MAX_STREAMS);
        this.#write(frames, frame, frame + 1);
        return false;
      };
      this.#onChunk = (responses) => {
        acknowledged += responses;
        if (acknowledged === end) resolve();
        else sendMore(responses);
      };
      sendMore(window);
    });
  }

  /**
   * @param {Frames} frames
   * @param {number} begin
   * @param {number} end
   */
  #write({ bytes, offsets, lengths }, begin, end) {
    const endByte = (offsets[end - 1] ?? 0) + (lengths[end - 1] ?? 0);
    this.#socket.write(bytes.subarray(offsets[begin] ?? 0, endByte));
  }

  close() {
    this.#onFailure = () => undefined;
    this.#socket.destroy();
  }

  /** @type {(responses: number) => void} */
  #onChunk = () => undefined;

  /**
   * @param {number} opcode
   * @param {Buffer} body
   * @returns {Promise<Response>}
   */
  #request(opcode, body) {
    const header = Buffer.alloc(HEADER_BYTES);
    header[0] = REQUEST;
    header[4] = opcode;
    header.writeInt32BE(body.length, 5);
    return new Promise((resolve, reject) => {
      this.#onFailure = reject;
      this.#onResponse = (response) => {
        if (response.opcode === opcodes.error) reject(refusal(response.opcode, response.body));
        else resolve(response);
        return true;
      };
      this.#socket.write(Buffer.concat([header, body]));
    });
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    let responses = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + bytes.readInt32BE(at + 5);
      if (end > bytes.length) break;
      if (this.#onResponse(responseOf(bytes.subarray(at, end)))) responses += 1;
      at = end;
    }
    this.#rest = bytes.subarray(at);
    if (responses > 0) this.#onChunk(responses);
  }
}

/**
 * @param {Buffer} frame
 * @returns {Response}
 */
function responseOf(frame) {
  const body = frame.subarray(HEADER_BYTES);
  const isWarned = ((frame[1] ?? 0) & WARNED) !== 0;
  return {
    opcode: frame[4] ?? 0,
    stream: frame.readUInt16BE(2),
    body: isWarned ? afterWarnings(body) : body,
  };
}

/** @param {Buffer} body that begins with a list of texts */
function afterWarnings(body) {
  let at = 2;
  for (let left = body.readUInt16BE(0); left > 0; left -= 1) at += 2 + body.readUInt16BE(at);
  return body.subarray(at);
}

/**
 * @param {number} opcode
 * @param {Buffer} body of an ERROR: its code, then its message
 */
function refusal(opcode, body) {
  if (opcode !== opcodes.error) return new Error(`a request was answered by opcode ${opcode}`);
  const length = body.readUInt16BE(4);
  return new Error(`the server refused: ${body.toString("utf8", 6, 6 + length)}`);
}

/** @param {string} text */
function shortText(text) {
  const bytes = Buffer.from(text);
  return [bytes.length >> 8, bytes.length & 0xff, ...bytes];
}
