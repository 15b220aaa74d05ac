import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vitest/config";

const root = dirname(fileURLToPath(import.meta.url));

/**
 * Tests name the sources and run what is compiled from them: what users get, and
 * the only thing that Node can start a worker thread with.
 */
function compiledSources(): Plugin {
  const sources = join(root, "src/");
  return {
    name: "compiled-sources",
    enforce: "pre",
    resolveId(name, importer) {
      if (importer === undefined || !name.startsWith(".")) return undefined;
      const path = resolve(dirname(importer), name);
      return path.startsWith(sources) ? join(root, "dist", path.slice(sources.length)) : undefined;
    },
  };
}

export default defineConfig({
  plugins: [compiledSources()],
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/global-setup.ts",
    // Processes, not threads: a crash in native code then names the file it was in.
    pool: "forks",
    // One process runs file after file: a fresh one for each is a fifth of the whole time.
    isolate: false,
    // Generous: these only end tests that hang, they measure nothing.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
});
