{
  # Two modules: the Node-API addon, and a SQLite extension that better-sqlite3
  # loads. Sources, folders and flags come from scripts/native-config.mjs, which
  # the native tests' Makefile asks as well. Warnings are no errors here: a
  # compiler of tomorrow must not break an install; `npm test` has the strict build.
  "target_defaults": {
    "cflags_c": ["<!@(node scripts/native-config.mjs c-flags)"],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["<!@(node scripts/native-config.mjs cxx-flags)"],
    "configurations": {
      "Release": {
        "cflags!": ["-O3"]
      }
    },
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
      "GCC_OPTIMIZATION_LEVEL": "2",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "MACOSX_DEPLOYMENT_TARGET": "11.0",
      "OTHER_CFLAGS": ["<!@(node scripts/native-config.mjs c-flags)"],
      "OTHER_CPLUSPLUSFLAGS": ["<!@(node scripts/native-config.mjs cxx-flags)"]
    }
  },
  "targets": [
    {
      "target_name": "octoload",
      "sources": [
        "<!@(node scripts/native-config.mjs kernels addon lz4-source)"
      ],
      "include_dirs": [
        "<!@(node scripts/native-config.mjs node-api-folder lz4-folder)"
      ],
      "defines": [
        "<!@(node scripts/native-config.mjs defines)"
      ]
    },
    {
      "target_name": "octoload_sqlite",
      "sources": [
        "<!@(node scripts/native-config.mjs sqlite-extension)"
      ],
      "include_dirs": [
        "<!@(node scripts/native-config.mjs sqlite-folder)"
      ]
    }
  ]
}
