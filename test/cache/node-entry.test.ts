import { describe, expect, it } from "vitest";
import { decodeEntry, entryFields, putArguments } from "../../src/cache/node-entry.js";

const whole = {
  material_id: "-12",
  homogeneity: "0.25",
  children_mask: "255",
  last_modified: "-5",
  wts: "1700000000000000",
};

function decode(hash: Readonly<Record<string, string | null>>) {
  return decodeEntry(entryFields.map((field) => hash[field] ?? null));
}

describe("an entry", () => {
  it("is a row's columns", () => {
    const columns = {
      materialId: -12,
      homogeneity: 0.25,
      childrenMask: 255,
      lastModified: -5n,
      writeTimeUs: 1_700_000_000_000_000n,
    };
    expect(decode(whole)).toEqual({ kind: "row", columns });
    const withoutMaterial = { ...columns, materialId: null };
    expect(decode({ ...whole, material_id: null })).toEqual({
      kind: "row",
      columns: withoutMaterial,
    });
    expect(putArguments(columns, 60)).toEqual([
      ...["1700000000000000", "60", "-5", "0.25", "255", "-12"],
    ]);
    expect(putArguments(withoutMaterial, 60).at(-1)).toBe("");
  });

  it("may say that the row is absent, or not be there", () => {
    expect(decode({ absent: "1" })).toEqual({ kind: "absent" });
    expect(decode({ absent: "1", wts: "17" })).toEqual({ kind: "absent" });
    expect(decode({})).toEqual({ kind: "none" });
  });

  it.each([
    ["a field is missing", { homogeneity: null }],
    ["a field is missing", { children_mask: null }],
    ["a field is missing", { last_modified: null }],
    ["a field is missing", { wts: null }],
    ["of the material", { material_id: "" }],
    ["of the material", { material_id: "2147483648" }],
    ["of the material", { material_id: "12.0" }],
    ["of homogeneity", { homogeneity: "0" }],
    ["of homogeneity", { homogeneity: "1.00001" }],
    ["of the mask", { children_mask: "-1" }],
    ["of the mask", { children_mask: "256" }],
    ["of last_modified", { last_modified: "9223372036854775808" }],
    ["of wts", { wts: "-1" }],
    ["of wts", { wts: "soon" }],
    ["of the absence", { absent: "yes" }],
  ])("is malformed: %s, %j", (_what, change) => {
    expect(decode({ ...whole, ...change })).toEqual({ kind: "malformed" });
  });
});
