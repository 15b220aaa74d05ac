import { describe, expect, it } from "vitest";
import { type CassandraTarget, parseCassandraUrl } from "../../src/cassandra/cassandra-url.js";
import { hostOf } from "../../src/cassandra/contact-points.js";
import { refusalOf } from "../support/refusal-of.js";

const plain: CassandraTarget = {
  contactPoints: ["h:9042"],
  keyspace: "bluemarble",
  datacenter: null,
  layout: null,
  consistency: "local_quorum",
  tls: null,
};
const noTlsFiles = { ca: null, client: null, serverName: null };

describe("parseCassandraUrl", () => {
  it.each<[url: string, differs: Partial<CassandraTarget>]>([
    ["cassandra://h", {}],
    ["Cassandra://h/", {}],
    ["cassandra://h?", {}],
    ["cassandra://h/Earth_1", { keyspace: "Earth_1" }],
    [
      "cassandra://10.0.0.1,db-2.example.org:9043,10.0.0.1:9042/ks",
      { contactPoints: ["10.0.0.1:9042", "db-2.example.org:9043"], keyspace: "ks" },
    ],
    [
      "cassandra://[::1],[2001:db8::7]:19042/ks",
      { contactPoints: ["[::1]:9042", "[2001:db8::7]:19042"], keyspace: "ks" },
    ],
    ["cassandra://h/?dc=eu%20west", { datacenter: "eu west" }],
    ["cassandra://h?layout=tile&dc=dc1", { layout: "tile", datacenter: "dc1" }],
    ["cassandra://h?consistency=EACH_QUORUM", { consistency: "each_quorum" }],
    ["cassandra://h?tls=false", {}],
    ["cassandra://h?tls=true", { tls: noTlsFiles }],
    [
      "cassandra://h?tls=true&ca=/etc/a%26b+c.pem&tls-name=cassandra",
      { tls: { ...noTlsFiles, ca: "/etc/a&b+c.pem", serverName: "cassandra" } },
    ],
    [
      "cassandra://h?cert=c.pem&key=k.pem&tls=true",
      { tls: { ...noTlsFiles, client: { cert: "c.pem", key: "k.pem" } } },
    ],
  ])("takes %s", (url, differs) => {
    expect(parseCassandraUrl(url)).toEqual({ ...plain, ...differs });
  });

  it.each([
    ["cassandra:h", /begins with cassandra:\/\//],
    ["cassandra://", /names no host/],
    ["cassandra:///ks", /names no host/],
    ["cassandra://a,,b", /contact point 2 is none/],
    ["cassandra://-a", /is none/],
    ["cassandra://::1/ks", /IPv6 address stands in brackets: \[::1\]/],
    ["cassandra://[10.0.0.1]", /is none/],
    ["cassandra://h:0", /port of a contact point must be from 1 to 65535/],
    ["cassandra://h:65536", /from 1 to 65535/],
    ["cassandra://h:", /from 1 to 65535/],
    ["cassandra://h/a-b", /1 to 48 letters, digits and underscores, got "a-b"/],
    ["cassandra://h/a/b", /1 to 48 letters/],
    [`cassandra://h/${"k".repeat(49)}`, /1 to 48 letters/],
    ["cassandra://h/system", /the server's own/],
    ["cassandra://h/SYSTEM_schema", /the server's own/],
    ["cassandra://h?dc=", /dc needs the name/],
    ["cassandra://h?dc=a&dc=b", /"dc" is given twice/],
    ["cassandra://h?dc", /has no value/],
    ["cassandra://h?dc=%zz", /begins no escape/],
    ["cassandra://h?layout=cell", /layout must be node or tile, got "cell"/],
    ["cassandra://h?consistency=any", /consistency must be one of one, .*, got "any"/],
    ["cassandra://h?consistency=constructor", /consistency must be one of/],
    ["cassandra://h?tls=yes", /tls must be true or false, got "yes"/],
    ["cassandra://h?ca=a.pem", /go with tls=true/],
    ["cassandra://h?tls=true&cert=a.pem", /cert and key go together/],
    ["cassandra://h?tls=true&ca=", /ca is empty/],
    ["cassandra://h?rf=3", /takes no parameter "rf", only dc, layout/],
  ])("refuses %s", (url, message) => {
    const { code, fault } = refusalOf(() => parseCassandraUrl(url));
    expect(code).toBe("TARGET_URL");
    expect(fault).toMatch(message);
  });

  it.each([
    "cassandra://hunter2@h/ks",
    "cassandra://me:hunter2@h/ks",
    "cassandra://me:hun/hunter2@h/ks",
    "cassandra://me:hunter2/ks",
    "cassandra://m$e:hunter2/ks",
    "cassandra://h/ks?password=hunter2",
    "cassandra://h/ks?Passwd=hunter2",
    "cassandra://h/ks?user=hunter2",
    "cassandra://h/ks?token=hunter2",
    "cassandra://h/ks?dc=a&hunter2",
  ])("refuses a secret in %s without repeating it", (url) => {
    const { code, message } = refusalOf(() => parseCassandraUrl(url));
    expect(code).toBe("TARGET_URL");
    expect(message).not.toContain("hunter2");
  });

  it("says where a user and a password belong", () => {
    const { remedy } = refusalOf(() => parseCassandraUrl("cassandra://me:hunter2@h/ks"));
    expect(remedy).toContain("OCTOLOAD_CASSANDRA_PASSWORD_FILE");
  });
});

describe("hostOf", () => {
  it.each([
    ["h:9042", "h"],
    ["[::1]:9042", "::1"],
  ])("finds the host of %s", (point, host) => {
    expect(hostOf(point)).toBe(host);
  });
});
