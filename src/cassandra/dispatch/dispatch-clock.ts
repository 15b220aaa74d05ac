/** Time as the dispatcher sees it; a test brings its own. */
export interface DispatchClock {
  /** Milliseconds since some moment, never back. */
  readonly nowMs: () => number;
  /** Calls back once, later; the result cancels it. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export const systemDispatchClock: DispatchClock = {
  nowMs: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
