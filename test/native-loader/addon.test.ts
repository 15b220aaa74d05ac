import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addonPath, loadAddon, nativeAddon } from "../../src/native/addon.js";
import { refusalOf } from "../support/refusal-of.js";

describe("the addon", () => {
  it("is loaded once, from build/Release", () => {
    expect(nativeAddon()).toBe(nativeAddon());
    expect(addonPath).toMatch(/[/\\]build[/\\]Release[/\\]octoload\.node$/);
    expect(loadAddon(addonPath).interfaceVersion).toBe(nativeAddon().interfaceVersion);
  });

  it("has every function that its declaration names", () => {
    const functions = Object.entries(nativeAddon())
      .filter(([, value]) => typeof value === "function")
      .map(([name]) => name);
    expect(functions.sort()).toEqual([
      ...["bigintTokens", "combineDigests", "copyIn", "copyOut"],
      ...["copyReplies", "createDictionary", "createFrame", "createHotIndex"],
      ...["createReplyReader", "createRowContext", "decode", "deliveryNext"],
      ...["derivationClose", "deriveFinish", "deriveStep", "digestBatch"],
      ...["digestRows", "encode", "encodeEntries", "encodeFrames"],
      ...["encodeStrided", "envelopeDecode", "envelopeDecodeBound", "envelopeEncode"],
      ...["envelopeEncodeBound", "estimateSortBytes", "findKeyAt", "hotClassifyBatch"],
      ...["hotClassifyCells", "hotDraw", "hotMostInTiles", "ingestAdd"],
      ...["ingestClose", "ingestFinish", "ingestSpill", "keysNext"],
      ...["lz4CompressRows", "lz4DecompressRows", "mergeRows", "openDelivery"],
      ...["openDerivation", "openIngest", "openKeys", "openSourceDelivery"],
      ...["pushReplies", "sha256Rows", "slotOfKey", "sourceDeliveryAdd"],
      ...["sourceDeliveryWrite", "tileTokens", "trainDictionary", "unpackRows"],
      ...["unpackStored"],
    ]);
  });
});

describe("a missing or wrong addon", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "octoload-addon-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is NATIVE_MISSING with its path and what to do", () => {
    const error = refusalOf(() => loadAddon("/nonexistent/octoload.node"));
    expect(error.code).toBe("NATIVE_MISSING");
    expect(error.message).toContain("no native addon at /nonexistent/octoload.node");
    expect(error.message).toContain("there is no such file");
    expect(error.message).toContain("npm rebuild octoload");
    expect(error.message).toContain("npm run build:native");
    expect(error.cause).toBeInstanceOf(Error);
  });

  it("is NATIVE_MISSING with the loader's reason where the file is no addon", () => {
    const path = join(folder, "text.node");
    writeFileSync(path, "no machine code at all\n".repeat(100));
    const error = refusalOf(() => loadAddon(path));
    expect(error.code).toBe("NATIVE_MISSING");
    expect(error.message).toContain(`no native addon at ${path}; it is there, but Node v`);
    expect(error.message).toContain(`on ${process.platform}-${process.arch} cannot load it: `);
    const reason = error.cause instanceof Error ? error.cause.message : "";
    expect(reason).not.toBe("");
    expect(error.message).toContain(reason);
  });

  it("is NATIVE_MISMATCH when built for another interface", () => {
    const path = join(folder, "older.cjs");
    writeFileSync(path, "module.exports = { interfaceVersion: 0 };");
    const error = refusalOf(() => loadAddon(path));
    expect(error.code).toBe("NATIVE_MISMATCH");
    expect(error.message).toMatch(
      /the native addon at .*older\.cjs was built for version 0 of octoload's interface, needed is [1-9]/,
    );
    expect(error.message).toContain("npm rebuild octoload");
  });

  it("is NATIVE_MISMATCH when built for another Node", () => {
    const path = join(folder, "other-node.cjs");
    const { interfaceVersion } = nativeAddon();
    writeFileSync(path, `module.exports = { interfaceVersion: ${interfaceVersion}, nodeAbi: 1 };`);
    const error = refusalOf(() => loadAddon(path));
    expect(error.code).toBe("NATIVE_MISMATCH");
    expect(error.message).toContain(
      `was built for version 1 of Node's ABI, needed is ${process.versions.modules}`,
    );
  });
});
