// The little a native test needs: no framework has to be installed where the
// kernels are cross-compiled and run under an emulator.
#pragma once

#include <cstdio>
#include <type_traits>

namespace octoload::test {

inline long checks_made = 0;
inline long checks_failed = 0;

// Later failures are counted but not printed: one cause often fails thousands.
inline constexpr long kPrinted = 20;

inline void report_failure(const char* file, int line, const char* what) {
  if (++checks_failed <= kPrinted) std::printf("%s:%d: %s\n", file, line, what);
}

inline bool check(bool good, const char* file, int line, const char* text) {
  ++checks_made;
  if (!good) report_failure(file, line, text);
  return good;
}

// A number in decimal. Streams would do it, and cost a test program's compilation
// more than the test.
struct Shown {
  char text[32];
};

template <class Number>
Shown show(Number number) {
  Shown shown;
  if constexpr (std::is_floating_point_v<Number>) {
    std::snprintf(shown.text, sizeof shown.text, "%.17g", static_cast<double>(number));
  } else if constexpr (std::is_signed_v<Number>) {
    std::snprintf(shown.text, sizeof shown.text, "%lld", static_cast<long long>(number));
  } else {
    std::snprintf(shown.text, sizeof shown.text, "%llu", static_cast<unsigned long long>(number));
  }
  return shown;
}

inline void report_unequal(const char* file, int line, const char* text, const Shown& a,
                           const Shown& b) {
  char message[512];
  std::snprintf(message, sizeof message, "%s: %s is not %s", text, a.text, b.text);
  report_failure(file, line, message);
}

template <class A, class B>
bool check_equal(const A& a, const B& b, const char* file, int line, const char* text) {
  ++checks_made;
  if (a == b) return true;
  report_unequal(file, line, text, show(a), show(b));
  return false;
}

// Prints the suite's outcome; the exit code of its main(). A suite that
// checked nothing has failed.
inline int check_report(const char* suite) {
  std::printf("%s: %ld checks, %ld failed\n", suite, checks_made, checks_failed);
  return checks_failed == 0 && checks_made > 0 ? 0 : 1;
}

}  // namespace octoload::test

#define CHECK(condition) ::octoload::test::check((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQ(a, b) ::octoload::test::check_equal((a), (b), __FILE__, __LINE__, #a " == " #b)
