/** What a sink has to say to people while a load goes on. */
export type SinkNotice =
  | { readonly kind: "note"; readonly message: string }
  | { readonly kind: "warning"; readonly code: string; readonly message: string }
  /** What keeps a target from taking rows faster, in a few words; null: nothing in it. */
  | { readonly kind: "limit"; readonly url: string; readonly limit: string | null };

/** Takes what sinks say, from before anybody listens. */
export class SinkNotices {
  #kept: SinkNotice[] = [];
  #listener: ((notice: SinkNotice) => void) | undefined;

  readonly add = (notice: SinkNotice): void => {
    if (this.#listener === undefined) this.#kept.push(notice);
    else this.#listener(notice);
  };

  /** Gives `listener` what was said before, and then all else. */
  listen(listener: (notice: SinkNotice) => void): void {
    this.#listener = listener;
    const kept = this.#kept;
    this.#kept = [];
    for (const notice of kept) listener(notice);
  }
}
