// Distances on a sphere of radius 1, as squares of chords: a chord grows with
// the arc, and needs no inverse functions.
#pragma once

#include <algorithm>
#include <cmath>

namespace octoload::hot {

inline constexpr double kEarthRadiusM = 6'371'008.8;  // IUGG mean radius
inline constexpr double kPi = 3.14159265358979323846;

struct Vector {
  double x = 0, y = 0, z = 0;
};

inline Vector operator-(const Vector& a, const Vector& b) noexcept {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
inline double dot(const Vector& a, const Vector& b) noexcept {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
inline Vector cross(const Vector& a, const Vector& b) noexcept {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

// Degrees to a unit vector: x at 0 N 0 E, z at the north pole.
inline Vector vector_of(double longitude, double latitude) noexcept {
  const double lambda = longitude * (kPi / 180);
  const double phi = latitude * (kPi / 180);
  const double ring = std::cos(phi);
  return {ring * std::cos(lambda), ring * std::sin(lambda), std::sin(phi)};
}

// The chord's square of an arc of 0..pi, and back: haversine's 4 sin^2(arc / 2).
inline double chord_square_of(double arc) noexcept {
  const double half = std::sin(std::min(arc, kPi) / 2);
  return 4 * half * half;
}
inline double arc_of(double chord_square) noexcept {
  return 2 * std::asin(std::min(1.0, std::sqrt(chord_square) / 2));
}

// From p to the nearest point of the great-circle arc from a to b, which is
// shorter than half a circle; a == b is a point.
//
// The foot of the perpendicular lies in the arc where p is before both ends'
// tangents; the perpendicular is asin(|p . n|) with n the arc's unit normal.
// All is written in differences from the ends: at 10 km from an end the result
// then is good to some nanometres.
inline double chord_square_to_arc(const Vector& p, const Vector& a, const Vector& b) noexcept {
  const Vector along = b - a;
  const Vector from_a = p - a;
  const double to_a = dot(from_a, from_a);
  if (dot(from_a, along) + dot(a, along) * to_a / 2 <= 0) return to_a;
  const Vector from_b = p - b;
  const double to_b = dot(from_b, from_b);
  if (dot(from_b, along) + dot(b, along) * to_b / 2 >= 0) return to_b;
  const Vector normal = cross(a, along);
  const double sine = dot(from_a, normal);
  const double sine_square = std::min(1.0, sine * sine / dot(normal, normal));
  return 2 * sine_square / (1 + std::sqrt(1 - sine_square));
}

}  // namespace octoload::hot
