import type { ErrorEntry } from "./error-entry.js";

/** The part of the error table that is about encoding: arguments of calls, frames, kernels, envelopes. */
export const encodingErrors = [
  {
    code: "ARG_TYPE",
    cause: "An argument is not of the type the function takes.",
    remedy: "Pass the type the message names.",
  },
  {
    code: "ARG_LENGTH",
    cause: "An array has another length than its neighbours or the function's shape require.",
    remedy: "Make all arrays of one call describe the same number of rows.",
  },
  {
    code: "ARG_RANGE",
    cause: "A number is outside the interval its parameter allows.",
    remedy: "Pass a value within the interval the message states.",
  },
  {
    code: "ARG_DETACHED",
    cause: "A typed array's buffer was transferred or detached, so its memory is gone.",
    remedy: "Pass the array that owns the memory now, or copy it before transferring.",
  },
  {
    code: "ARG_SHARED",
    cause: "A typed array lies on a SharedArrayBuffer, which another thread can write meanwhile.",
    remedy: "Copy the values into an array with a buffer of its own, for example with slice().",
  },
  {
    code: "ARG_RESIZABLE",
    cause: "A typed array lies on a resizable ArrayBuffer, which can shrink while it is in use.",
    remedy: "Copy the values into an array of fixed length, for example with slice().",
  },
  {
    code: "ARG_OVERLAP",
    cause: "An output array shares memory with another argument of the same call.",
    remedy: "Give every output memory that no other argument of the call uses.",
  },
  {
    code: "LEVEL_INVALID",
    cause: "A level is not an integer the function takes: 0 to 26, or 0 to 21 for whole codes.",
    remedy:
      "Use an integer level from 0 to 26; above 21 use tile and cell in place of whole codes.",
  },
  {
    code: "OUT_OF_FRAME",
    cause: "A point is outside the world frame, or one of its coordinates is not a number.",
    remedy: "Correct the coordinate, or choose the frame the data was measured in.",
  },
  {
    code: "CODE_OUT_OF_RANGE",
    cause: "A Morton code, tile, cell or index is negative or above the highest of its level.",
    remedy: "Check that code and level belong together: a code at level L has 3 x L bits.",
  },
  {
    code: "FRAME_INVALID",
    cause: "A world frame's description is incomplete or describes no box.",
    remedy: "Give name, min [x,y,z] and size [x,y,z] in metres, finite, with every size above 0.",
  },
  {
    code: "FRAME_UNKNOWN",
    cause: "A frame's name is not a built-in one and no file of that path exists.",
    remedy: "Use centred, bluemarble, or the path of a frame file (JSON).",
  },
  {
    code: "BOX_INVALID",
    cause: "A box has a minimum above its maximum, or a corner that is not a number.",
    remedy: "Give min and max as [x,y,z] in metres, with min at most max on every axis.",
  },
  {
    code: "COVER_TOO_FINE",
    cause: "An exact cover of the box would take more code ranges than a call may return.",
    remedy: "Set maxRanges for a cover with some extra cells, use a lower level or a smaller box.",
  },
  {
    code: "KERNEL_UNKNOWN",
    cause: "The kernel asked for does not exist.",
    remedy: "Use one that `octoload doctor` lists, or none: the fastest is chosen by itself.",
  },
  {
    code: "KERNEL_UNAVAILABLE",
    cause: "The kernel asked for exists but cannot run on this processor or in this build.",
    remedy: "Use one that `octoload doctor` lists as runnable, or none at all.",
  },
  {
    code: "KERNEL_WRONG",
    cause: "A kernel's results differ from the scalar kernel's, which must never happen.",
    remedy: "Report it with the output of `octoload doctor --json`; use kernel scalar meanwhile.",
  },
  {
    code: "NATIVE_MISSING",
    cause: "The native addon was not found or could not be loaded.",
    remedy:
      "Install a C++20 compiler, make and Python 3, then run `npm rebuild octoload` (in a checkout: `npm run build:native`).",
  },
  {
    code: "NATIVE_MISMATCH",
    cause: "The native addon was built for another version of octoload or of Node.",
    remedy: "Run `npm rebuild octoload` (in a checkout: `npm run build:native`).",
  },
  {
    code: "OUTPUT_TOO_SMALL",
    cause: "An output buffer cannot hold the result; nothing in it counts.",
    remedy: "Give outputs of the size that envelopeBound() or decodedBound() returns.",
  },
  {
    code: "TOO_LARGE",
    cause: "A value or a batch is larger than the format, or the target's server, allows.",
    remedy:
      "Keep a value within 16 MiB and an envelope within 64 MiB, or less where the server takes less.",
  },
  {
    code: "DICTIONARY_INVALID",
    cause: "A compression dictionary has no valid number or length.",
    remedy: "Give a number from 1 to 4294967295 and from 1 to 65536 bytes.",
  },
  {
    code: "ENVELOPE_KIND",
    cause: "A value has a storage class that is unknown or not allowed in its column.",
    remedy: "Correct the row in the source, or map the column to one that allows that class.",
  },
  {
    code: "ENVELOPE_SLOT",
    cause: "A TEXT or BLOB value points outside the batch's byte buffer.",
    remedy: "Pack each slot as offset + length * 2^32, both within the bytes handed over.",
  },
  {
    code: "ENVELOPE_NOT_INTEGER",
    cause: "A coordinate is declared INTEGER but its number is not a 64-bit integer.",
    remedy: "Declare the coordinate REAL, or pass the integer the source holds.",
  },
  {
    code: "ENVELOPE_TRUNCATED",
    cause: "An envelope's bytes end before its content does.",
    remedy: "Read the row again; if it stays so, load the row anew from the source.",
  },
  {
    code: "ENVELOPE_VERSION",
    cause: "An envelope is of a version that this build does not read.",
    remedy: "Use the octoload release that wrote it, or a newer one.",
  },
  {
    code: "ENVELOPE_MALFORMED",
    cause: "An envelope has a flag, kind, width or length that the format forbids.",
    remedy: "Read the row again; if it stays so, load the row anew from the source.",
  },
  {
    code: "ENVELOPE_LZ4",
    cause: "An envelope's LZ4 block does not decompress to the length it states.",
    remedy: "Read the row again; if it stays so, load the row anew from the source.",
  },
  {
    code: "ENVELOPE_DICTIONARY_UNKNOWN",
    cause: "An envelope was compressed with a dictionary that was not given.",
    remedy: "Read the target's dictionaries first and give the one of that number.",
  },
  {
    code: "ENVELOPE_CHECKSUM",
    cause: "An envelope's content, key or frame is not the one it was encoded with.",
    remedy: "Check level, code and frame; if they are right, load the row anew from the source.",
  },
  {
    code: "ENVELOPE_COLUMNS_UNKNOWN",
    cause:
      "An envelope has unmapped columns of a set that was not given, or more than the set has.",
    remedy: "Read the target's column sets anew; if they lack it, load the row from the source.",
  },
  {
    code: "DIGEST_INVALID",
    cause:
      "Digests that were stored do not add up, or rows were to be taken from a set without them.",
    remedy: "Make them again: they come from rows alone. If a run's own are it, report a bug.",
  },
] as const satisfies readonly ErrorEntry[];
