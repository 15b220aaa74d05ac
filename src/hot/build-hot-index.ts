import { engine } from "../encoding/kernel.js";
import { callNativeOnPool } from "../encoding/native-call.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { NativeHotIndex } from "../native/hot-addon.js";
import { WorkerClient } from "../worker/worker-client.js";
import type { HotData } from "./hot-data.js";
import { HotIndex } from "./hot-index.js";
import type { HotRegions } from "./hot-regions.js";
import type { HotApi } from "./hot-worker.js";

/**
 * Makes the index of an expression's hot regions. Coasts, cities and files are read in a thread of
 * their own, and the index is built on libuv's pool: the event loop goes on meanwhile.
 *
 * It fits every frame: a cell's longitude and latitude depend on its key alone.
 *
 * @throws OctoloadError HOT_GEOJSON_UNREADABLE, HOT_GEOJSON_INVALID; HOT_REGIONS_INVALID where no
 *   city is as large as wanted
 */
export async function buildHotIndex(regions: HotRegions): Promise<HotIndex> {
  const data = await readData(regions);
  const native = await callNativeOnPool<NativeHotIndex | null>(engine().addon.createHotIndex, {
    args: [
      data.kinds,
      data.values,
      data.coast,
      data.coastLineEnds,
      data.cities,
      data.polygonVertices,
      data.ringEnds,
      data.polygonEnds,
      true,
    ],
    names: [],
    firstOutput: 8,
  });
  if (native === null) {
    throw new OctoloadError("INTERNAL", "what hot regions are built from contradicts itself");
  }
  return new HotIndex(regions, native);
}

async function readData({ predicates }: HotRegions): Promise<HotData> {
  const worker = WorkerClient.start<HotApi>("./hot-worker", import.meta.url);
  try {
    return await worker.call("read", [predicates]);
  } finally {
    await worker.close();
  }
}
