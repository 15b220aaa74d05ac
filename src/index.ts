export {
  type BackfillResult,
  backfill,
} from "./backfill/backfill.js";
export type { BackfillHooks } from "./backfill/hooks.js";
export { type RedriveOptions, type RedriveResult, redrive } from "./backfill/redrive.js";
export {
  type BackupResult,
  backupSource,
  backupTarget,
  type SourceBackupOptions,
  type TargetBackupOptions,
} from "./backup/backup.js";
export type { BackupHooks, BackupProgress } from "./backup/hooks.js";
export type { BackupContent, Manifest } from "./backup/manifest.js";
export { type RestoreOptions, type RestoreResult, restoreBackup } from "./backup/restore.js";
export {
  type CachedReader,
  type CachedReaderOptions,
  type CellAnswer,
  createCachedReader,
  type NodeAnswer,
  type ReadSource,
} from "./cache/cached-reader.js";
export type { PutOutcome } from "./cache/entry-lane.js";
export type { NodeColumns } from "./cache/node-entry.js";
export type { CacheOutcome, ReadStats } from "./cache/read-stats.js";
export { type ChecklistOptions, type ChecklistResult, checklist } from "./checklist/checklist.js";
export type { ChecklistLine, Evidence, LineState } from "./checklist/checklist-line.js";
export {
  ancestorAt,
  children,
  codeOf,
  codeOfIndices,
  firstDescendant,
  indicesOf,
  lastDescendant,
  octant,
  parent,
  tileCellOf,
} from "./encoding/cell.js";
export {
  type Box,
  type CodeRange,
  type Cover,
  type CoverOptions,
  coverBox,
} from "./encoding/cover.js";
export {
  Dictionary,
  type Samples,
  type TrainOptions,
  trainDictionary,
  trainDictionaryAsync,
} from "./encoding/dictionary.js";
export {
  type DigestJson,
  DigestSet,
  RANGE_LEVEL,
  type RangeDigest,
  rangeOf,
} from "./encoding/digest-set.js";
export {
  type DecodedBound,
  decodedBound,
  decodeEnvelopes,
  decodeEnvelopesAsync,
  encodeEnvelopes,
  encodeEnvelopesAsync,
  envelopeBound,
} from "./encoding/envelope.js";
export { makeDecodedRows } from "./encoding/envelope-output.js";
export type {
  DecodedEnvelopes,
  DecodedRows,
  DecodeEnvelopesOptions,
  EncodedEnvelopes,
  EncodeEnvelopesOptions,
  EnvelopeArrays,
  EnvelopeRows,
  Envelopes,
  Originals,
  RowKeys,
} from "./encoding/envelope-rows.js";
export { Frame, type FrameSpec, frames, framesEqual, type Triple } from "./encoding/frame.js";
export { loadFrameFile, resolveFrame } from "./encoding/frame-file.js";
export { activeKernel, type KernelReport, kernelReport } from "./encoding/kernel.js";
export { MAX_CODE_LEVEL, MAX_LEVEL } from "./encoding/level.js";
export {
  decode,
  decodeAsync,
  decodeTiles,
  decodeTilesAsync,
  encode,
  encodeAsync,
  encodeTiles,
  encodeTilesAsync,
} from "./encoding/morton.js";
export type {
  Batch,
  BatchOptions,
  CodeArrays,
  Corner,
  DecodeOptions,
  PointArrays,
  Points,
  TileArrays,
} from "./encoding/morton-arrays.js";
export {
  type Connectivity,
  type NeighbourOptions,
  neighbour,
  neighbours,
} from "./encoding/neighbours.js";
export { type CellPoints, decodeCode, encodePoint } from "./encoding/point.js";
export { codesOfStatus, outsideAxes, rowStatus } from "./encoding/row-status.js";
export { type SelfTestResult, selfTest } from "./encoding/self-test.js";
export {
  type TokenOptions,
  tileToken,
  tileTokens,
  tileTokensAsync,
  token,
  tokens,
  tokensAsync,
} from "./encoding/token.js";
export {
  absentColumn,
  type FilledColumn,
  type SqliteValue,
  storageClass,
  type ValueColumn,
  ValuePacker,
  valueAt,
} from "./encoding/value-column.js";
export { type ErrorCode, type ErrorEntry, errorTable } from "./errors/codes.js";
export { OctoloadError } from "./errors/octoload-error.js";
export {
  type GenerateCall,
  type GenerateOptions,
  type GenerateProgress,
  type GenerateResult,
  generate,
} from "./generate/generate.js";
export { buildHotIndex } from "./hot/build-hot-index.js";
export type { HotIndex } from "./hot/hot-index.js";
export { type HotPredicate, type HotRegions, parseHotRegions } from "./hot/hot-regions.js";
export { inspect } from "./inspect/inspect.js";
export type { InspectHooks, InspectOptions, InspectReport } from "./inspect/inspect-options.js";
export type { CheckLine, Verdict } from "./inspect/lines.js";
export { reportToJson } from "./inspect/report-json.js";
export type { HotOptions } from "./load/hot-options.js";
export type { BackfillOptions } from "./load/load-settings.js";
export type {
  Outcome,
  Phase,
  Progress,
  RunEvent,
  SinkProgress,
  StageTime,
} from "./load/progress.js";
export type { RunMap, RunReport } from "./load/run-report.js";
export { steerRun } from "./load/steer-run.js";
export type { Kinds, Levels, NativeKernel, Slots } from "./native/addon.js";
export { fullValidation } from "./protect/full-validation.js";
export type { ProtectedOptions, ProtectHooks, Validation } from "./protect/protect-options.js";
export { type ProtectedResult, protectedBackfill } from "./protect/protected-backfill.js";
export type { ProtectedFile, ProtectedStep } from "./protect/protected-file.js";
export type { ColumnMapping } from "./source/columns.js";
export { type ExportOptions, type ExportResult, exportTarget } from "./target/export.js";
export { type OpenTargetOptions, openTarget } from "./target/open-target.js";
export type {
  BoxOptions,
  CellCopies,
  CellCopy,
  CopyAnswer,
  ScanOptions,
  Target,
} from "./target/target.js";
export { RawText, type SourceValue, type TargetRow } from "./target/target-row.js";
export type { CheckName } from "./validate/checks/check-names.js";
export type {
  CheckFigures,
  CheckResult,
  EnvelopeFault,
  Finding,
  FindingClass,
  LatencyFigures,
  LatencySummary,
  RepairResult,
  RowCounts,
  UncheckedRange,
  ValidationResult,
} from "./validate/result.js";
export { validate } from "./validate/validate.js";
export type {
  ValidateHooks,
  ValidateOptions,
  ValidationProgress,
} from "./validate/validate-options.js";
export { warm } from "./warm/warm.js";
export type {
  WarmCounts,
  WarmHooks,
  WarmOptions,
  WarmProgress,
  WarmResult,
  WarmSkipReason,
  WarmStep,
} from "./warm/warm-options.js";
