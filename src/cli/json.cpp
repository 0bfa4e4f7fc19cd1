// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "json.hpp"

#include <rungs/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace rungs::cli {

Json json_of(const Head& head) {
  Json out;
  out["schema_version"] = 1;
  out["rungs_version"] = version;
  out["command"] = head.command;
  if (head.seed) out["seed"] = head.seed->value();
  out["inputs"] = Json::array();
  for (const InputFile& input : head.inputs) out["inputs"].push_back({{"file", input.file}, {"sha256", input.sha256}});
  out["warnings"] = Json::array();
  for (const Diagnostic& d : head.warnings) {
    const Warning known = stored(d);
    out["warnings"].push_back({{"code", known.code}, {"message", known.message}});
  }
  return out;
}

Json json_of(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

Json json_of(const Estimate& estimate) {
  Json out;
  out["value"] = json_of(estimate.value);
  out["lower"] = json_of(estimate.lower);
  out["upper"] = json_of(estimate.upper);
  out["level"] = json_of(estimate.level);
  out["draws"] = estimate.draws;
  out["monte_carlo_error"] = json_of(estimate.monte_carlo_error);
  out["standard_deviation"] = json_of(estimate.standard_deviation);
  out["centre"] = name(estimate.centre);
  out["varied"] = estimate.varied.names();
  return out;
}

Json json_of(const std::vector<Estimate>& estimates) {
  Json out = Json::array();
  for (const Estimate& estimate : estimates) out.push_back(json_of(estimate));
  return out;
}

Json json_of(const Vector& numbers) {
  Json out = Json::array();
  for (const double x : numbers) out.push_back(json_of(x));
  return out;
}

Json json_of(const Matrix& square) {
  Json out = Json::array();
  for (Eigen::Index i = 0; i < square.rows(); ++i) out.push_back(json_of(Vector(square.row(i).transpose())));
  return out;
}

Json json_of(const Ladder& ladder) {
  Json strata = Json::array(), rungs = Json::array(), exits = Json::array();
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    (ladder.is_exit(i) ? exits : strata).push_back(ladder.name(i));
    if (!ladder.is_exit(i)) rungs.push_back(ladder.height(i));
  }
  return {{"strata", strata}, {"rungs", rungs}, {"exits", exits}};
}

Json json_of(const Ledger& ledger, const std::optional<Ledger>& spells) {
  Json out{{"records_read", ledger.records_read},
           {"records_used", ledger.records_used},
           {"pairs_used", ledger.pairs_used},
           {"dropped", Json(ledger.dropped)},
           {"pairs_dropped", Json(ledger.pairs_dropped)}};
  if (spells)
    out["spells"] = {
        {"read", spells->records_read}, {"observed", spells->records_used}, {"dropped", Json(spells->dropped)}};
  return out;
}

std::string name(Centre centre) { return centre == Centre::plug_in ? "plug-in" : "mean of draws"; }

namespace {

constexpr std::size_t longest_line = 320;

std::string in_quotes(const std::string& s) { return Json(s).dump(-1, ' ', false, Json::error_handler_t::replace); }

void write(const Json& json, std::size_t indent, std::string& out) {
  const auto new_line = [&out](std::size_t depth) { out += "\n" + std::string(2 * depth, ' '); };
  if (json.is_object()) {
    if (json.empty()) {
      out += "{}";
      return;
    }
    // An estimate and other small things inside the result stand on one line.
    const std::size_t start = out.size();
    const bool small = indent > 0 && std::all_of(json.begin(), json.end(), [](const Json& x) {
                         return !x.is_object() && (!x.is_array() || x.empty() || !x.front().is_structured());
                       });
    for (const bool on_one_line : {true, false}) {
      if (on_one_line && !small) continue;
      out += '{';
      bool first = true;
      for (const auto& item : json.items()) {
        if (!first) out += on_one_line ? ", " : ",";
        first = false;
        if (!on_one_line) new_line(indent + 1);
        out += in_quotes(item.key()) + ": ";
        write(item.value(), indent + 1, out);
      }
      if (!on_one_line) new_line(indent);
      out += '}';
      if (on_one_line && out.size() - start <= longest_line) return;
      if (on_one_line) out.resize(start);
    }
  } else if (json.is_array()) {
    const bool flat = std::none_of(json.begin(), json.end(), [](const Json& x) { return x.is_structured(); });
    out += '[';
    bool first = true;
    for (const Json& item : json) {
      if (!first) out += flat ? ", " : ",";
      first = false;
      if (!flat) new_line(indent + 1);
      write(item, indent + 1, out);
    }
    if (!flat) new_line(indent);
    out += ']';
  } else if (json.is_number_float()) {
    const double x = json.get<double>();
    fmt::format_to(std::back_inserter(out), "{:.17g}", x == 0 ? 0.0 : x);  // no minus zero
  } else if (json.is_string()) {
    out += in_quotes(json.get<std::string>());
  } else {
    out += json.dump();
  }
}

}  // namespace

std::string text(const Json& json) {
  std::string out;
  write(json, 0, out);
  return out + "\n";
}

}  // namespace rungs::cli
