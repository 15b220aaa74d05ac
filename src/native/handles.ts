declare const dictionaryHandle: unique symbol;
/** A dictionary prepared by the addon; opaque. */
export interface DictionaryHandle {
  readonly [dictionaryHandle]: true;
}

declare const replyReaderHandle: unique symbol;
/** A reader of a Redis server's replies as the addon holds it; opaque. */
export interface ReplyReaderHandle {
  readonly [replyReaderHandle]: true;
}

declare const frameHandle: unique symbol;
/** A frame as the addon holds it; opaque. */
export interface FrameHandle {
  readonly [frameHandle]: true;
}
