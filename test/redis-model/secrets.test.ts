import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { readRedisCredentials } from "../../src/redis/secrets.js";
import { refusalOf } from "../support/refusal-of.js";

const dir = mkdtempSync(join(tmpdir(), "octoload-redis-secrets-"));

afterAll(() => rmSync(dir, { recursive: true }));

function fileWith(text: string): string {
  const path = join(dir, `${Buffer.from(text).toString("hex")}x`);
  writeFileSync(path, text);
  return path;
}

describe("user and password of a cache", () => {
  it("come from the environment, the URL's user first", () => {
    expect(readRedisCredentials({}, null)).toBeUndefined();
    const password = { OCTOLOAD_REDIS_PASSWORD: "sesame" };
    expect(readRedisCredentials(password, null)?.reveal()).toEqual({ password: "sesame" });
    const both = { ...password, OCTOLOAD_REDIS_USERNAME: "env" };
    expect(readRedisCredentials(both, null)?.username).toBe("env");
    expect(readRedisCredentials(both, "url")?.reveal()).toEqual({
      username: "url",
      password: "sesame",
    });
  });

  it("come from a file, the end of its line aside", () => {
    const env = { OCTOLOAD_REDIS_PASSWORD_FILE: fileWith("open sesame \n") };
    expect(readRedisCredentials(env, null)?.reveal().password).toBe("open sesame ");
  });

  it("are not shown", () => {
    const credentials = readRedisCredentials({ OCTOLOAD_REDIS_PASSWORD: "sesame" }, "u");
    expect(
      `${inspect(credentials, { showHidden: true })}${JSON.stringify(credentials)}`,
    ).not.toContain("sesame");
    expect(credentials?.redact("AUTH u sesame")).toBe("AUTH u ***");
  });

  it.each([
    [{ OCTOLOAD_REDIS_USERNAME: "u" }, "neither OCTOLOAD_REDIS_PASSWORD nor"],
    [{ OCTOLOAD_REDIS_PASSWORD: "a", OCTOLOAD_REDIS_PASSWORD_FILE: "b" }, "both set"],
    [{ OCTOLOAD_REDIS_PASSWORD_FILE: join(dir, "none") }, "cannot be read"],
    [{ OCTOLOAD_REDIS_PASSWORD_FILE: fileWith("\n") }, "is empty"],
    [{ OCTOLOAD_REDIS_PASSWORD_FILE: fileWith("a\nb\n") }, "more than one line"],
  ])("are refused: %o", (env, fault) => {
    const refused = refusalOf(() => readRedisCredentials(env, null));
    expect(refused.code).toBe("REDIS_SECRETS");
    expect(refused.message).toContain(fault);
  });
});
