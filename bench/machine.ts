import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { kernelReport } from "../dist/encoding/kernel.js";

/** What a figure depends on besides the code. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly compiler: string;
  readonly node: string;
  readonly kernel: string;
  readonly commit: string;
}

export function describeMachine(): Machine {
  const { compiler, active } = kernelReport();
  const all = cpus();
  return {
    cpu: kernelReport().cpu || (all[0]?.model ?? "unknown"),
    cores: all.length,
    compiler,
    node: process.version,
    kernel: active,
    commit: commit(),
  };
}

/** Short hash, with "+" when the tree differs from it. */
function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
    const dirty = git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "+";
    return git("rev-parse", "--short", "HEAD") + dirty;
  } catch {
    return "not a git checkout";
  }
}
