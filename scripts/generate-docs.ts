/**
 * Writes the pages of docs/ that have their facts from the code.
 *
 *   node --import tsx scripts/generate-docs.ts            writes them
 *   node --import tsx scripts/generate-docs.ts --check    exits 1 if one is stale
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorTable } from "../src/errors/codes.js";
import { renderDigestVectors } from "./digest-vectors.js";
import { renderVectors } from "./envelope-vectors.js";

interface Page {
  /** Path from the repository's root. */
  readonly path: string;
  readonly render: () => string;
}

const pages: readonly Page[] = [
  { path: "docs/errors.md", render: renderErrors },
  { path: "docs/envelope.md", render: () => withVectors("docs/envelope.md", renderVectors()) },
  { path: "docs/digest.md", render: () => withVectors("docs/digest.md", renderDigestVectors()) },
];

/** Only the block of test vectors is written; the page itself is by hand. */
function withVectors(path: string, vectors: string): string {
  const text = readFileSync(absolute({ path }), "utf8");
  const block = /^```json\n[\s\S]*?^```$/m;
  if (!block.test(text)) throw new Error(`${path} has no \`\`\`json block to fill`);
  return text.replace(block, () => `\`\`\`json\n${vectors}\n\`\`\``);
}

function renderErrors(): string {
  const rows = errorTable.map(
    ({ code, cause, remedy }) => `| \`${code}\` | ${cell(cause)} | ${cell(remedy)} |`,
  );
  return `# Errors

<!-- Written by scripts/generate-docs.ts from src/errors/codes.ts: edit that file. -->

Every error octoload throws is an \`OctoloadError\` with one of these codes in \`code\`. Codes are
stable: none is renamed or given another meaning. \`message\` is complete in itself (what was
expected, what came, what to do); \`remedy\` is its last part alone.

| code | what it means | what to do |
|---|---|---|
${rows.join("\n")}
`;
}

/** A pipe would end the table's cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function absolute(page: Pick<Page, "path">): string {
  return fileURLToPath(new URL(`../${page.path}`, import.meta.url));
}

function isStale(page: Page): boolean {
  try {
    return readFileSync(absolute(page), "utf8") !== page.render();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return true;
    throw error;
  }
}

function check(): void {
  for (const page of pages.filter(isStale)) {
    console.error(
      `${page.path} is stale: run \`node --import tsx scripts/generate-docs.ts\` and commit it`,
    );
    process.exitCode = 1;
  }
}

function write(): void {
  for (const page of pages.filter(isStale)) {
    writeFileSync(absolute(page), page.render());
    console.log(`wrote ${page.path}`);
  }
}

const [mode, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (mode !== undefined && mode !== "--check")) {
  console.error("usage: node --import tsx scripts/generate-docs.ts [--check]");
  process.exitCode = 2;
} else if (mode === "--check") {
  check();
} else {
  write();
}
