import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CassandraServers, startCassandra } from "../../scripts/cluster/cassandra.mjs";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import { validate } from "../../src/validate/validate.js";
import { type LoadKeyspace, loadInto, openLoadKeyspace } from "../cassandra/load-keyspace.js";
import { nodeTable } from "../support/run-samples.js";
import { describeWithPrograms } from "../support/servers.js";
import { writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const ROWS = 20_000;
const folder = tempFolder();

describeWithPrograms(["java", "mvn"], "a validation whose only node dies", () => {
  let servers: CassandraServers;
  let keyspace: LoadKeyspace;
  const source = join(folder, "source.db");

  beforeAll(async () => {
    servers = await startCassandra({ nodes: 1, isShortLived: true });
    const [host = ""] = servers.contactPoints;
    keyspace = await openLoadKeyspace({ host, port: servers.port, dc: servers.dc }, "node");
    writeTable(source, nodeTable(ROWS));
    await loadInto([keyspace.url], folder, { sources: [source], runDir: join(folder, "run") });
  }, 240_000);

  afterAll(async () => {
    await keyspace?.session.close();
    await servers?.stop();
  }, 60_000);

  it("names each range that was not read, and calls nothing valid or missing", async () => {
    let killing: Promise<unknown> | undefined;
    const result = await validate(
      {
        ...{ to: keyspace.url, sources: [source], run: join(folder, "run"), full: true },
        ...{ validationDir: mkdtempSync(join(folder, "v-")), memoryBytes: MIN_MEMORY_BYTES },
      },
      {
        onProgress: ({ phase }) => {
          if (phase === "compare") killing ??= servers.node(1).kill("SIGKILL");
        },
      },
    );
    await killing;
    expect(result).toMatchObject({ exitCode: 8, findings: [] });
    expect(result.unchecked.length).toBeGreaterThan(0);
    for (const { range, code } of result.unchecked) {
      expect(range).toMatch(/^tokens after -?\d+ up to -?\d+$/);
      expect(code).toMatch(/^CASSANDRA_/);
    }
    expect(result.rows?.equal).toBeLessThan(ROWS);
    expect(result.checks).toMatchObject([{ check: "rows", status: "unchecked" }, {}]);
  }, 300_000);
});
