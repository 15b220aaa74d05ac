import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCassandra } from "../../scripts/cluster/cassandra.mjs";
import { parseCassandraUrl } from "../../src/cassandra/cassandra-url.js";
import { connectCassandra } from "../../src/cassandra/session.js";
import { runCli } from "../cli/run-cli.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeOnCassandra } from "../support/servers.js";

const admin = {
  OCTOLOAD_CASSANDRA_USERNAME: "cassandra",
  OCTOLOAD_CASSANDRA_PASSWORD: "cassandra",
};
const password = `sesame-${randomBytes(6).toString("hex")}`;
const reader = {
  OCTOLOAD_CASSANDRA_USERNAME: "reader",
  OCTOLOAD_CASSANDRA_PASSWORD: password,
};

// Its own cluster: users and certificates are the whole server's.
describeOnCassandra("a cluster with users and certificates", () => {
  let servers: Awaited<ReturnType<typeof startCassandra>> | undefined;
  let place: string;
  let ca: string;

  beforeAll(async () => {
    servers = await startCassandra({
      auth: true,
      tls: true,
      heapMb: 800,
      isShortLived: true,
    });
    place = `${servers.contactPoints[0]}:${servers.port}`;
    ca = encodeURIComponent(servers.authorityFile ?? "");
    const session = await connect(`tls=true&ca=${ca}`, admin);
    const role = `CREATE ROLE reader WITH PASSWORD = '${password}' AND LOGIN = true`;
    await session.client.execute(role, [], { prepare: false });
    await session.close();
  }, 240_000);

  afterAll(async () => {
    await servers?.stop();
  }, 60_000);

  const connect = (query: string, env: Readonly<Record<string, string>>) =>
    connectCassandra(parseCassandraUrl(`cassandra://${place}/ks?dc=datacenter1&${query}`), { env });
  const tls = () => `tls=true&ca=${ca}`;

  describe("users", () => {
    it("log in with a password from a file", async () => {
      const dir = await mkdtemp(join(tmpdir(), "octoload-password-"));
      const path = join(dir, "password");
      await writeFile(path, `${password}\n`);
      const session = await connect(tls(), {
        OCTOLOAD_CASSANDRA_USERNAME: "reader",
        OCTOLOAD_CASSANDRA_PASSWORD_FILE: path,
      });
      await session.close();
      await rm(dir, { recursive: true });
    });

    it("are not shown with their password, however the session is printed", async () => {
      const session = await connect(tls(), reader);
      expect(inspect(session, { depth: 12, showHidden: true })).not.toContain(password);
      await session.close();
    });

    it.each<[what: string, env: Readonly<Record<string, string>>, message: RegExp]>([
      [
        "a wrong password",
        { ...reader, OCTOLOAD_CASSANDRA_PASSWORD: "hunter2" },
        /password are incorrect/,
      ],
      ["an unknown name", { ...reader, OCTOLOAD_CASSANDRA_USERNAME: "nobody" }, /incorrect/],
      ["no name", {}, /requires authentication.*\(no user is set\)/],
    ])("are refused for %s", async (_what, env, message) => {
      const error = await rejectionOf(connect(tls(), env));
      expect(error.code).toBe("CASSANDRA_AUTH");
      expect(error.fault).toMatch(message);
      expect(`${error.message}${inspect(error, { depth: 12 })}`).not.toMatch(/hunter2|sesame/);
    });

    it("do nothing that they have no right to: exit 3, nothing made", async () => {
      const to = `cassandra://${place}/octoload_test_denied?${tls()}`;
      const { exitCode, stderr } = await runCli(["schema", "--apply", "--to", to], reader);
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/CASSANDRA_PERMISSION: creating octoload_test_denied: User reader/);
      const check = await runCli(["schema", "--check", "--to", to], reader);
      expect(check.exitCode).toBe(7);
      expect(check.stdout).toMatch(/keyspace +present +missing/);
    });

    it("tell what the node says that answers, not that another is down", async () => {
      const target = parseCassandraUrl(`cassandra://127.0.0.1:1,${place}/ks?${tls()}`);
      const error = await rejectionOf(connectCassandra(target, { env: {} }));
      expect(error.code).toBe("CASSANDRA_AUTH");
    });
  });

  describe("certificates", () => {
    const refusal = async (query: string) => {
      const { code, fault } = await rejectionOf(connect(query, reader));
      return `${code}: ${fault}`;
    };

    it("may have a name of their own", async () => {
      const session = await connect(`${tls()}&tls-name=localhost`, reader);
      await session.close();
    });

    it("are refused with another name", async () => {
      expect(await refusal(`${tls()}&tls-name=db.example.org`)).toMatch(
        /^CASSANDRA_TLS: .*db\.example\.org/,
      );
    });

    it("are refused when nobody vouches for them", async () => {
      expect(await refusal("tls=true")).toMatch(/^CASSANDRA_TLS: .*(self.signed|unable to)/);
    });

    it("are asked for in the message where TLS was left out", async () => {
      expect(await refusal("tls=false")).toMatch(/^CASSANDRA_UNREACHABLE: .*wants TLS/);
    });

    it("of an unknown authority and expired ones are refused", async () => {
      await servers?.presentCertificate("untrusted");
      expect(await refusal(tls())).toMatch(/^CASSANDRA_TLS: .*(unable to|signature|self.signed)/);
      await servers?.presentCertificate("expired");
      expect(await refusal(tls())).toMatch(/^CASSANDRA_TLS: .*expired/);
      await servers?.presentCertificate("valid");
      await (await connect(tls(), reader)).close();
    });

    it.each([
      ["ca=/no/such.pem", /ca cannot be read: ENOENT/],
      [`ca=${encodeURIComponent(import.meta.filename)}`, /is no PEM file/],
    ])("cannot be read from %s", async (query, message) => {
      expect(await refusal(`tls=true&${query}`)).toMatch(message);
    });
  });
});
