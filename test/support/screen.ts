/** A terminal of so many columns that knows what the live block uses: enough to see what it shows. */
export class Screen {
  readonly columns: number;
  readonly #lines: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  readonly write = (text: string): void => {
    const parts = text.matchAll(/(?![\r\n])\p{Cc}\[[0-9;]*[A-Za-z]|./gsu);
    for (const [part] of parts) this.#take(part);
  };

  /** What is visible, without the blank end. */
  get text(): string {
    return this.#lines
      .map((line) => line.trimEnd())
      .join("\n")
      .trimEnd();
  }

  /** Column 0 of the line after the last one: where a shell expects it. */
  get isAtRest(): boolean {
    return this.#column === 0 && this.#row === this.#lines.length - 1;
  }

  #take(part: string): void {
    if (part === "\n") this.#toLine(this.#row + 1);
    else if (part === "\r") this.#column = 0;
    else if (!part.startsWith("\u001b")) this.#put(part);
    else if (part.endsWith("A")) this.#up(Number(part.slice(2, -1)));
    else if (part === "\u001b[J") this.#clearBelow();
    else if (!part.endsWith("m"))
      throw new Error(`the screen does not know ${JSON.stringify(part)}`);
  }

  #put(character: string): void {
    if (this.#column === this.columns) this.#toLine(this.#row + 1);
    const line = (this.#lines[this.#row] ?? "").padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column += 1;
  }

  #toLine(row: number): void {
    this.#row = row;
    this.#column = 0;
    if (this.#lines.length === row) this.#lines.push("");
  }

  #up(lines: number): void {
    if (lines > this.#row) throw new Error(`${lines} lines up from line ${this.#row}`);
    this.#row -= lines;
  }

  #clearBelow(): void {
    this.#lines.length = this.#row + 1;
    this.#lines[this.#row] = (this.#lines[this.#row] ?? "").slice(0, this.#column);
  }
}
