import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DigestSet } from "../../src/encoding/digest-set.js";
import { frames } from "../../src/encoding/frame.js";
import { RowDigester } from "../../src/encoding/row-digester.js";
import { rowStatus } from "../../src/encoding/row-status.js";
import { nativeAddon } from "../../src/native/addon.js";
import { refusalOf } from "../support/refusal-of.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runs } from "../support/seed.js";
import { type SinkRow, sinkBatch } from "../support/sink-blocks.js";

const rows: SinkRow[] = Array.from({ length: 50 }, (_, i) => ({
  level: 6,
  code: BigInt(i * 5003),
  id: BigInt(i),
  density: i / 3,
  metadata: `{"n":${i}}`,
  created: i % 2 === 0 ? "2024-05-01T12:00:00Z" : null,
  material: i % 7 === 0 ? null : i,
  mask: (i * 11) % 256,
  homogeneity: 1 / (i + 1),
}));
const digester = new RowDigester({ frame: frames.centred });
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("SHA-256", () => {
  it("is node:crypto's, by instructions and without", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 8 }), (messages) => {
        const bytes = new Uint8Array(Buffer.concat(messages));
        const offsets = new Uint32Array(messages.length + 1);
        for (const [i, { length }] of messages.entries())
          offsets[i + 1] = (offsets[i] ?? 0) + length;
        const expected = messages.map((one) => createHash("sha256").update(one).digest("hex"));
        for (const isScalar of [false, true]) {
          const digests = new Uint8Array(32 * messages.length);
          expect(nativeAddon().sha256Rows(bytes, offsets, isScalar, digests, false)).toBe(true);
          expect(hexOf(digests)).toBe(expected.join(""));
        }
      }),
      runs(200),
    );
  });
});

describe("digests of a batch", () => {
  it("are the sum of its rows', but for those left out", async () => {
    const batch = sinkBatch(rows);
    const all = Uint32Array.from(rows.keys());
    const { digests, bad } = digester.digestRows(batch, all);
    expect(bad).toBe(0);
    const sumOf = (indexes: readonly number[]) => {
      const sum = indexes.reduce((total, i) => {
        return total + BigInt(`0x${hexOf(digests.subarray(32 * i, 32 * i + 32))}`);
      }, 0n);
      return (sum % (1n << 256n)).toString(16).padStart(64, "0");
    };
    const kept = [...rows.keys()].filter((i) => i !== 9 && i !== 30);
    const whole = digester.digestBatch(batch);
    expect([whole.rows, whole.root]).toEqual([rows.length, sumOf([...rows.keys()])]);
    const part = digester.digestBatch(batch, { leftOut: [30, 9, 9] });
    expect([part.rows, part.root]).toEqual([kept.length, sumOf(kept)]);
    const first = digester.digestBatch(batch, { end: 20 });
    const rest = digester.digestBatch(batch, { begin: 20, leftOut: [3] });
    expect(first.plus(rest).equals(whole)).toBe(true);
    expect(digester.digestBatch(batch, { begin: 7, end: 7 }).equals(DigestSet.empty)).toBe(true);
    expect((await digester.digestBatchAsync(batch)).equals(whole)).toBe(true);
    expect((await digester.digestRowsAsync(batch, all)).digests).toEqual(digests);
  });

  it("depend on every column beside the envelope, and on the key", () => {
    const batch = sinkBatch(rows);
    const root = digester.digestBatch(batch).root;
    const changes: ((changed: typeof batch) => void)[] = [
      (changed) => changed.masks.set([1], 3),
      (changed) => changed.materials.set([999], 3),
      (changed) => changed.noMaterials.set([1], 3),
      (changed) => changed.homogeneities.set([0.5], 3),
    ];
    for (const change of changes) {
      const changed = sinkBatch(rows);
      change(changed);
      expect(digester.digestBatch(changed).root).not.toBe(root);
    }
    // Neither is the row's own: the one is made from Created, the other says where it came from.
    const same = sinkBatch(rows);
    same.lastModified.fill(77n);
    same.rowids.fill(5n);
    same.files.fill(2);
    expect(digester.digestBatch(same).root).toBe(root);
  });

  it("name the row that is not what was encoded; the others have theirs", async () => {
    const batch = sinkBatch(rows);
    const at = (batch.offsets[4] ?? 0) - 1;
    batch.bytes[at] = (batch.bytes[at] ?? 0) ^ 1;
    const refusal = refusalOf(() => digester.digestBatch(batch));
    expect([refusal.code, refusal.fault]).toEqual([
      "ENVELOPE_CHECKSUM",
      "row 3 of a batch cannot be read",
    ]);
    const rejection = await rejectionOf(digester.digestBatchAsync(batch));
    expect(rejection.code).toBe("ENVELOPE_CHECKSUM");
    const { status, bad, digests } = digester.digestRows(batch, Uint32Array.of(2, 3, 4));
    expect([bad, ...status]).toEqual([1, 0, rowStatus.badChecksum, 0]);
    expect(digests.subarray(32, 64)).toEqual(new Uint8Array(32));
    expect(digester.digestBatch(batch, { leftOut: [3] }).rows).toBe(rows.length - 1);
  });

  it("need the names of unmapped columns, whatever the set's number and order", () => {
    const extras = [1n, "two", undefined];
    const one = sinkBatch(rows.map((row) => ({ ...row, columnSet: 4, extras })));
    const other = sinkBatch(rows.map((row) => ({ ...row, columnSet: 9, extras: ["two", 1n] })));
    const named = (number: number, ...names: string[]) => ({
      number,
      columns: names.map((name) => ({ name })),
    });
    const knowing = new RowDigester({
      frame: frames.centred,
      columnSets: [named(4, "b", "a", "c"), named(9, "a", "b")],
    });
    expect(knowing.digestBatch(one).equals(knowing.digestBatch(other))).toBe(true);
    expect(knowing.digestBatch(one).equals(digester.digestBatch(sinkBatch(rows)))).toBe(false);
    const renamed = new RowDigester({ frame: frames.centred, columnSets: [named(9, "a", "B")] });
    expect(renamed.digestBatch(other).equals(knowing.digestBatch(other))).toBe(false);
    expect(refusalOf(() => digester.digestBatch(one)).code).toBe("ENVELOPE_COLUMNS_UNKNOWN");
  });

  it("refuse what is no batch, and rows that it has not", () => {
    const batch = sinkBatch(rows);
    const code = (action: () => unknown) => refusalOf(action).code;
    expect(code(() => digester.digestBatch(batch, { end: 51 }))).toBe("ARG_TYPE");
    expect(code(() => digester.digestBatch({ block: new ArrayBuffer(64), rows: 1 }))).toBe(
      "ARG_TYPE",
    );
    expect(code(() => digester.digestRows(batch, Uint32Array.of(50)))).toBe("ARG_TYPE");
  });
});
