import { commandArguments } from "../commands.js";
import { ReplyReader } from "../reply-reader.js";
import { isReplyError } from "../session-errors.js";
import { LinkLife } from "./link-life.js";
import type { LinkEvents, LinkOptions, NodeLink } from "./node-link.js";

/** Sends the same commands by ioredis' pipelines, its public API: slower, whatever its version. */
export class PlainLink implements NodeLink {
  readonly #life: LinkLife;
  readonly #events: LinkEvents;
  readonly #client: LinkOptions["client"];
  readonly #reader = new ReplyReader();

  constructor(options: LinkOptions) {
    this.#client = options.client;
    this.#events = options.events;
    this.#life = new LinkLife(options, () => this.#events.onUp());
  }

  open(): void {
    this.#life.open();
  }

  write(bytes: Uint8Array): boolean {
    const { epoch } = this.#life;
    this.#send(bytes, epoch).catch(() => {
      if (epoch === this.#life.epoch) this.reset();
    });
    return true;
  }

  reset(): void {
    this.#life.reset();
  }

  close(): void {
    this.#life.close();
  }

  async #send(bytes: Uint8Array, epoch: number): Promise<void> {
    const pipeline = this.#client.pipeline();
    for (const [name, ...args] of commandsOf(bytes)) pipeline.call(`${name}`, args);
    const results = (await pipeline.exec()) ?? [];
    if (epoch !== this.#life.epoch) return;
    const answers = results.map(([error, answer]) => answerBytes(error ?? answer));
    this.#events.onReplies(this.#reader.push(Buffer.concat(answers)));
  }
}

/** Each command with its arguments, the name first. */
function* commandsOf(bytes: Uint8Array): Generator<Buffer[]> {
  let at = 0;
  while (at < bytes.length) {
    const args = commandArguments(bytes.subarray(at));
    const last = args.at(-1);
    if (last === undefined) return;
    at = last.byteOffset + last.length + 2 - bytes.byteOffset;
    yield args;
  }
}

/** As the server sent it, so that one reader serves both kinds of links. @throws what is no answer */
function answerBytes(answer: unknown): Buffer {
  if (typeof answer === "number") return Buffer.from(`:${answer}\r\n`);
  if (answer instanceof Error) {
    if (!isReplyError(answer)) throw answer;
    return Buffer.from(`-${answer.message}\r\n`);
  }
  const text = String(answer);
  return Buffer.from(`$${Buffer.byteLength(text)}\r\n${text}\r\n`);
}
