/** Where progress is drawn: the process's stderr, or a test's. */
export interface ProgressTerminal {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Asked each time: a window changes its size. */
  readonly columns: () => number;
  readonly lines: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Tone = "plain" | "dim" | "good" | "warn" | "bad";

/** What a terminal is able and allowed to show. */
export interface ProgressStyle {
  readonly paint: (tone: Tone, text: string) => string;
  readonly bar: (fraction: number, width: number) => string;
}

const escapes: Readonly<Record<Tone, string>> = {
  plain: "",
  dim: "\u001b[2m",
  good: "\u001b[36m",
  warn: "\u001b[33m",
  bad: "\u001b[31m",
};

const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A terminal that takes cursor movements; TERM=dumb says that it does not. */
export function isLiveTerminal({ isTerminal, env }: ProgressTerminal): boolean {
  return isTerminal && env.TERM !== "dumb";
}

/** Colours unless NO_COLOR (https://no-color.org) forbids them, blocks where the locale has them. */
export function progressStyle(terminal: ProgressTerminal): ProgressStyle {
  const { env } = terminal;
  const mayColour = isLiveTerminal(terminal) && (env.NO_COLOR ?? "") === "";
  return {
    paint: (tone, text) => {
      return mayColour && tone !== "plain" ? `${escapes[tone]}${text}\u001b[0m` : text;
    },
    bar: isUtf8(env) ? blockBar : asciiBar,
  };
}

function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => (value ?? "") !== "");
  return /utf-?8/i.test(locale ?? "");
}

function blockBar(fraction: number, width: number): string {
  const eighthsDone = Math.floor(Math.min(1, Math.max(0, fraction)) * width * 8);
  const full = "█".repeat(Math.floor(eighthsDone / 8));
  return `${full}${eighths[eighthsDone % 8] ?? ""}`.padEnd(width, "░");
}

function asciiBar(fraction: number, width: number): string {
  const done = Math.floor(Math.min(1, Math.max(0, fraction)) * width);
  return `${"#".repeat(done)}${"-".repeat(width - done)}`;
}
