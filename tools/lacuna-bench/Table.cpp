//===- Table.cpp - Measurements, as a table and as JSON ---------------------===//
#include "tools/lacuna-bench/Table.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

using namespace lacuna;

static bool exceeds(const Row &row) { return row.limit && row.value > *row.limit; }

/// Three significant digits, or all of those before the point.
static std::string number(double value) {
  char text[32];
  int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  std::snprintf(text, sizeof(text), "%.*f", decimals, value);
  return text;
}

std::string Table::text() const {
  std::size_t width = 0;
  for (const Row &row : rows)
    width = std::max(width, row.name.size());
  std::string text, section;
  for (const Row &row : rows) {
    if (row.section != section) {
      section = row.section;
      text += (text.empty() ? "" : "\n") + section + "\n";
    }
    std::string value = number(row.value);
    text += "  " + row.name + std::string(width - row.name.size() + 2, ' ') +
            std::string(value.size() < 8 ? 8 - value.size() : 0, ' ') + value + " " + row.unit;
    if (row.limit)
      text += (exceeds(row) ? "  OVER the limit of " : "  (limit ") + number(*row.limit) +
              (exceeds(row) ? "" : ")");
    text += "\n";
  }
  return text;
}

std::string Table::json() const {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Row &row : rows) {
    nlohmann::ordered_json object = {
        {"section", row.section}, {"name", row.name}, {"value", row.value}, {"unit", row.unit}};
    if (row.limit)
      object["limit"] = *row.limit;
    list.push_back(std::move(object));
  }
  return nlohmann::ordered_json{{"rows", std::move(list)}}.dump(1) + "\n";
}

std::vector<std::string> Table::exceeded() const {
  std::vector<std::string> names;
  for (const Row &row : rows)
    if (exceeds(row))
      names.push_back(row.section + ": " + row.name);
  return names;
}
