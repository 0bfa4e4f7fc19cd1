// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Reading a long CSV file with text labels, 20 records a person, and counting its moves. The file
// is made here, in the folder for temporary files, and stands in the page cache. The large one (430
// MB) is made only where the environment variable RUNGS_BENCH_LARGE is set.
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <rungs/io/csv.hpp>

#include "workload.hpp"

namespace csv_bench {
namespace {

class File {
 public:
  explicit File(std::size_t people)
      : path_(std::filesystem::temp_directory_path() /
              ("rungs-bench-" + std::to_string(::getpid()) + "-" + std::to_string(people) + ".csv")) {
    const std::vector<std::uint8_t> strata = workload::careers(people);
    expected_ = workload::count(strata);
    std::ofstream out(path_, std::ios::binary);
    std::string text = "id,time,state\n";
    for (std::size_t k = 0; k < strata.size(); ++k) {
      text += std::to_string(k / workload::periods + 1);
      text += ',';
      text += std::to_string(k % workload::periods);
      text += ',';
      text += workload::names[strata[k]];
      text += '\n';
      if (text.size() > 1U << 20U) {
        out << text;
        text.clear();
      }
    }
    out << text;
    out.close();
    workload::check(out.good(), "the CSV file could not be written");
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::array<std::uint64_t, 25>& expected() const { return expected_; }

 private:
  std::filesystem::path path_;
  std::array<std::uint64_t, 25> expected_{};
};

template <std::size_t People>
const File& file() {
  static const File made(People);
  return made;
}

template <std::size_t People>
void read_and_count(benchmark::State& state) {
  const std::string path = file<People>().path().string();
  const rungs::Ladder ladder = workload::ladder();
  const rungs::io::PanelColumns columns{.id = "id", .time = "time", .state = "state"};
  const auto answer = [&] { return rungs::tally(rungs::io::read_panel(path, columns, ladder).panel); };
  workload::check_counts(answer(), file<People>().expected());
  for (auto _ : state) benchmark::DoNotOptimize(answer());
  workload::each(state, "each_record", static_cast<double>(People * workload::periods));
}

BENCHMARK(read_and_count<100'000>)->Name("csv/read_and_tally/100000")->Unit(benchmark::kMillisecond);

const bool large = [] {
  if (std::getenv("RUNGS_BENCH_LARGE") == nullptr) return false;
  benchmark::RegisterBenchmark("csv/read_and_tally/1000000", read_and_count<1'000'000>)->Unit(benchmark::kMillisecond);
  return true;
}();

/// The file that RUNGS_BENCH_CSV names, of columns id, time and state of the same strata: what other programs read,
/// too.
void read_and_count_file(benchmark::State& state) {
  const rungs::Ladder ladder = workload::ladder();
  const rungs::io::PanelColumns columns{.id = "id", .time = "time", .state = "state"};
  const auto read = [&] { return rungs::io::read_panel(std::getenv("RUNGS_BENCH_CSV"), columns, ladder); };
  const auto records = static_cast<double>(read().records_read);
  for (auto _ : state) benchmark::DoNotOptimize(rungs::tally(read().panel));
  workload::each(state, "each_record", records);
}

const bool named = [] {
  if (std::getenv("RUNGS_BENCH_CSV") == nullptr) return false;
  benchmark::RegisterBenchmark("csv/read_and_tally/file", read_and_count_file)->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
}  // namespace csv_bench
