import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterEach, expect, it } from "vitest";
import { commandBytes } from "../../../src/redis/commands.js";
import {
  canTakeOver,
  ioredisVersion,
  SUPPORTED_IOREDIS,
  takeOver,
  unfitMembers,
} from "../../../src/redis/wire/ioredis-internals.js";
import { describeWithPrograms } from "../../support/servers.js";
import { useRedis } from "../use-redis.js";

describeWithPrograms(["redis-server", "redis-cli"], "ioredis' internals", () => {
  const redis = useRedis("standalone");
  const clients: Redis[] = [];

  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect();
  });

  async function connect(): Promise<Redis> {
    const { address, port } = redis.servers.node(1).state;
    const options = { lazyConnect: true, enableReadyCheck: false, disableClientInfo: true };
    const client = new Redis({ host: address, port, ...options, retryStrategy: () => 20 });
    client.on("error", () => undefined);
    clients.push(client);
    await client.connect();
    await client.ping();
    return client;
  }

  it("are those of the version known here", async () => {
    expect(ioredisVersion()).toBe(SUPPORTED_IOREDIS);
    expect(canTakeOver()).toBe(true);
    expect(unfitMembers(await connect())).toEqual([]);
  });

  it("of another version are not touched", () => {
    expect(canTakeOver("5.12.0")).toBe(false);
    expect(canTakeOver("6.0.0")).toBe(false);
  });

  it("are named when one has changed", async () => {
    const client = await connect();
    client.stream.on("data", () => undefined);
    expect(unfitMembers(client)).toEqual(['Redis.stream.listenerCount("data") is 2, expected 1']);
    const nothing = unfitMembers(Object.create(null));
    expect(nothing.join()).toContain("Redis.stream.write is undefined, expected function");
    expect(nothing.join()).toContain("Redis.commandQueue.length is undefined, expected number");
  });

  it("give up the socket: what is written is answered to its new owner alone", async () => {
    const client = await connect();
    let text = "";
    const events = {
      onData: (chunk: Uint8Array) => {
        text += Buffer.from(chunk).toString();
      },
      onDrain: () => undefined,
    };
    const socket = takeOver(client, events);
    for (const word of ["one", "two"]) socket?.write(commandBytes(["ECHO", word]));
    while (!text.endsWith("two\r\n")) await sleep(5);
    expect(text).toBe("$3\r\none\r\n$3\r\ntwo\r\n");
  });

  it("refuse while a command is under way", async () => {
    const client = await connect();
    const answer = client.ping();
    expect(takeOver(client, { onData: () => undefined, onDrain: () => undefined })).toBeUndefined();
    expect(await answer).toBe("PONG");
  });

  it("notice the end of the socket, and connect again", async () => {
    const client = await connect();
    const socket = takeOver(client, { onData: () => undefined, onDrain: () => undefined });
    const again = new Promise((resolve) => client.once("ready", resolve));
    socket?.destroy();
    await again;
    expect(await client.ping()).toBe("PONG");
    expect(unfitMembers(client)).toEqual([]);
  });
});
