import { serveWorker, transferring } from "../worker/serve-worker.js";
import { type HotData, readHotData } from "./hot-data.js";
import type { HotPredicate } from "./hot-regions.js";

const api = {
  read(predicates: readonly HotPredicate[]): HotData {
    const data = readHotData(predicates);
    return transferring(
      data,
      Object.values(data).map(({ buffer }: { buffer: ArrayBuffer }) => buffer),
    );
  },
};

export type HotApi = typeof api;

serveWorker(api);
