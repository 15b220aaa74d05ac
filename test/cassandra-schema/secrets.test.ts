import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PlainAuthProvider } from "../../src/cassandra/plain-auth.js";
import { Credentials, readCredentials } from "../../src/cassandra/secrets.js";
import { refusalOf } from "../support/refusal-of.js";

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "octoload-secrets-"));
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function passwordFile(name: string, text: string): Promise<Record<string, string>> {
  const path = join(dir, name);
  await writeFile(path, text);
  return { OCTOLOAD_CASSANDRA_USERNAME: "me", OCTOLOAD_CASSANDRA_PASSWORD_FILE: path };
}

describe("readCredentials", () => {
  it("finds none where none is set, or all are empty", () => {
    expect(readCredentials({})).toBeUndefined();
    expect(readCredentials({ OCTOLOAD_CASSANDRA_USERNAME: "" })).toBeUndefined();
  });

  it("takes user and password from the environment", () => {
    const credentials = readCredentials({
      OCTOLOAD_CASSANDRA_USERNAME: "me",
      OCTOLOAD_CASSANDRA_PASSWORD: " hünter2 ",
    });
    expect(credentials?.saslPlain()).toEqual(Buffer.from("\0me\0 hünter2 ", "utf8"));
  });

  it.each([
    ["unix", "hunter2\n"],
    ["windows", "hunter2\r\n"],
    ["bare", "hunter2"],
  ])("takes the password from a file (%s)", async (name, text) => {
    const credentials = readCredentials(await passwordFile(name, text));
    expect(credentials?.saslPlain().toString()).toBe("\0me\0hunter2");
  });

  it.each([
    ["an empty file", "\n", /is empty/],
    ["two lines", "hunter2\nhunter2\n", /more than one line/],
  ])("refuses %s", async (name, text, message) => {
    const env = await passwordFile(name, text);
    const error = refusalOf(() => readCredentials(env));
    expect(error.code).toBe("CASSANDRA_SECRETS");
    expect(error.fault).toMatch(message);
    expect(error.message).not.toContain("hunter2");
  });

  it.each([
    [{ OCTOLOAD_CASSANDRA_PASSWORD: "hunter2" }, /the user is not/],
    [{ OCTOLOAD_CASSANDRA_USERNAME: "me" }, /neither OCTOLOAD_CASSANDRA_PASSWORD nor/],
    [
      {
        OCTOLOAD_CASSANDRA_USERNAME: "me",
        OCTOLOAD_CASSANDRA_PASSWORD: "hunter2",
        OCTOLOAD_CASSANDRA_PASSWORD_FILE: "x",
      },
      /both set/,
    ],
    [
      { OCTOLOAD_CASSANDRA_USERNAME: "me", OCTOLOAD_CASSANDRA_PASSWORD_FILE: "/no/such" },
      /cannot be read: ENOENT/,
    ],
  ])("refuses settings that do not go together: %o", (env, message) => {
    const error = refusalOf(() => readCredentials(env));
    expect(error.code).toBe("CASSANDRA_SECRETS");
    expect(error.fault).toMatch(message);
    expect(error.message).not.toContain("hunter2");
  });
});

describe("a password", () => {
  it("is shown by nothing that holds it", () => {
    const credentials = new Credentials("me", "hunter2");
    const provider = new PlainAuthProvider(credentials);
    for (const holder of [credentials, provider, provider.newAuthenticator()]) {
      expect(inspect(holder, { depth: 9, showHidden: true })).not.toContain("hunter2");
      expect(JSON.stringify(holder)).not.toContain("hunter2");
    }
  });

  it("is taken out of the texts of others", () => {
    expect(new Credentials("me", "hunter2").redact("no hunter2, hunter2!")).toBe("no ***, ***!");
  });
});
