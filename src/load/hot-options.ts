/** The hot cache beside a load, and what goes into it. */
export interface HotOptions {
  /** redis://…, rediss://…, redis+cluster://… */
  readonly url: string;
  /** Predicates joined by ";", such as "coastal:10;urban:5;level>=12". */
  readonly regions: string;
  /** Bytes the cache may use in all. Default: what the servers' maxmemory allows. */
  readonly maxMemoryBytes?: number;
}
