// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_REFERENCE_PUBLISHED_HPP
#define RUNGS_TESTS_REFERENCE_PUBLISHED_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <rungs/model/transition_matrix.hpp>

namespace rungs_test {

/// Where the reference results are: RUNGS_REFERENCE_DIR of the environment, or of the build.
inline std::filesystem::path reference_dir() {
  if (const char* dir = std::getenv("RUNGS_REFERENCE_DIR")) return dir;
#ifdef RUNGS_REFERENCE_DIR
  return RUNGS_REFERENCE_DIR;
#else
  return {};
#endif
}

inline bool has_reference(const std::string& file) { return std::filesystem::exists(reference_dir() / file); }

inline nlohmann::json reference(const std::string& file) {
  return nlohmann::json::parse(std::ifstream(reference_dir() / file));
}

/// A table by column names; the files of the references have no quoted commas.
class Table {
 public:
  explicit Table(const std::string& file) {
    std::ifstream in(reference_dir() / "data" / file);
    std::string line;
    std::getline(in, line);
    const std::vector<std::string> names = split(line);
    while (std::getline(in, line)) {
      const std::vector<std::string> cells = split(line);
      for (std::size_t k = 0; k < names.size(); ++k) columns_[names[k]].push_back(cells.at(k));
    }
  }
  [[nodiscard]] const std::vector<std::string>& operator[](const std::string& name) const { return columns_.at(name); }
  [[nodiscard]] std::size_t size() const { return columns_.begin()->second.size(); }

 private:
  static std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> out(1);
    for (const char c : line) {
      if (c == ',') {
        out.emplace_back();
      } else if (c != '"' && c != '\r') {
        out.back() += c;
      }
    }
    return out;
  }
  std::map<std::string, std::vector<std::string>> columns_;
};

inline rungs::Vector vector_of(const nlohmann::json& numbers) {
  rungs::Vector v(static_cast<Eigen::Index>(numbers.size()));
  for (Eigen::Index i = 0; i < v.size(); ++i) v[i] = numbers[static_cast<std::size_t>(i)].get<double>();
  return v;
}

inline rungs::Matrix matrix_of(const nlohmann::json& rows) {
  rungs::Matrix m(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows[0].size()));
  for (Eigen::Index i = 0; i < m.rows(); ++i) m.row(i) = vector_of(rows[static_cast<std::size_t>(i)]).transpose();
  return m;
}

/// Strata in the order given, each on its own rung.
inline rungs::Ladder ladder_of(const std::vector<std::string>& names, const std::vector<std::string>& exits = {}) {
  rungs::Ladder::Builder b = rungs::Ladder::builder();
  for (const std::string& name : names) b.rung(name);
  for (const std::string& name : exits) b.exit(name);
  return b.build();
}

/// The largest difference, as a part of the reference where that is above 0.
inline double relative(const rungs::Matrix& found, const rungs::Matrix& expected) {
  if (found.rows() != expected.rows() || found.cols() != expected.cols()) return 1e300;
  double out = 0;
  for (Eigen::Index i = 0; i < found.rows(); ++i)
    for (Eigen::Index j = 0; j < found.cols(); ++j) {
      const double off = std::abs(found(i, j) - expected(i, j)) / (expected(i, j) == 0 ? 1 : std::abs(expected(i, j)));
      out = off <= out ? out : off;  // NaN is the largest difference
    }
  return out;
}

}  // namespace rungs_test

#endif
