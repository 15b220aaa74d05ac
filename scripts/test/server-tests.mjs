// Which tests need servers, and so a step of their own.

/** On one Cassandra node and one Redis that other tests use too. */
export const serverTests = ["test/cassandra/", "test/redis/"];

/** On clusters of their own, which they harm. */
export const faultTests = ["test/faults/"];

/** Those of them that are part of `npm test`. */
export const shortFaultTests = [
  "test/faults/load-scenarios.test.ts",
  "test/faults/validate.test.ts",
];

/** Arguments of vitest that leave both out. */
export const withoutServers = [...serverTests, ...faultTests].flatMap((folder) => [
  "--exclude",
  `${folder}**`,
]);
