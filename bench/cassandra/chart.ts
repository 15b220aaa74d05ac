/** A bar of the chart: rows a second, and microseconds of client CPU a row. */
export interface Bar {
  readonly name: string;
  readonly group: string;
  readonly rowsPerSecond: number;
  readonly cpuUs: number;
  readonly isOurs: boolean;
}

const TEXT_WIDTH = 40;

/** Bars for a terminal. */
export function renderBars(bars: readonly Bar[]): string {
  const longest = Math.max(...bars.map(({ rowsPerSecond }) => rowsPerSecond));
  const width = Math.max(...bars.map(({ name }) => name.length));
  return groupsOf(bars)
    .map(({ group, members }) => {
      const lines = members.map((bar) => {
        const length = Math.max(1, Math.round((bar.rowsPerSecond / longest) * TEXT_WIDTH));
        const mark = (bar.isOurs ? "█" : "▒").repeat(length);
        return `  ${bar.name.padEnd(width)}  ${mark} ${figures(bar)}`;
      });
      return `${group}\n${lines.join("\n")}`;
    })
    .join("\n");
}

function figures({ rowsPerSecond, cpuUs }: Bar): string {
  return `${Math.round(rowsPerSecond / 1000)}k rows/s, ${cpuUs.toFixed(1)} us`;
}

function groupsOf(bars: readonly Bar[]): { group: string; members: Bar[] }[] {
  const names = [...new Set(bars.map(({ group }) => group))];
  return names.map((group) => ({ group, members: bars.filter((bar) => bar.group === group) }));
}

const LINE = 26;
const NAME_WIDTH = 330;
const BAR_WIDTH = 360;
const SVG_WIDTH = 900;

/** The same bars as a picture. */
export function renderSvg(bars: readonly Bar[], title: string, caption: string): string {
  const longest = Math.max(...bars.map(({ rowsPerSecond }) => rowsPerSecond));
  const lines: string[] = [];
  let y = 34;
  const text = (x: number, content: string, style = "") => {
    lines.push(`<text x="${x}" y="${y}"${style}>${escapeXml(content)}</text>`);
  };
  text(16, title, ' font-size="16" font-weight="bold"');
  for (const { group, members } of groupsOf(bars)) {
    y += LINE + 8;
    text(16, group, ' font-weight="bold"');
    for (const bar of members) {
      y += LINE;
      const width = Math.max(2, (bar.rowsPerSecond / longest) * BAR_WIDTH);
      text(NAME_WIDTH - 8, bar.name, ' text-anchor="end"');
      const fill = bar.isOurs ? "#1f6f8b" : "#b7c4cc";
      lines.push(
        `<rect x="${NAME_WIDTH}" y="${y - 14}" width="${width.toFixed(1)}" height="18" fill="${fill}"/>`,
      );
      text(NAME_WIDTH + width + 8, figures(bar));
    }
  }
  y += LINE + 8;
  text(16, caption, ' fill="#555"');
  const height = y + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SVG_WIDTH}" height="${height}" viewBox="0 0 ${SVG_WIDTH} ${height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
${lines.join("\n")}
</svg>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
