//===- Table.cpp - Measurements, as a table and as JSON ---------------------===//
#include "tools/lacuna-bench/Table.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
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

/// With spaces before it.
static std::string padded(const std::string &text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

std::string Table::rowsText() const {
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
    text += "  " + row.name + std::string(width - row.name.size() + 2, ' ') + padded(value, 8) +
            " " + row.unit;
    if (row.limit)
      text += (exceeds(row) ? "  OVER the limit of " : "  (limit ") + number(*row.limit) +
              (exceeds(row) ? "" : ")");
    text += "\n";
  }
  return text;
}

//===----------------------------------------------------------------------===//
// Grids
//===----------------------------------------------------------------------===//

static std::string cellText(const std::optional<double> &value) {
  if (!value)
    return "-";
  const bool isCount = *value == std::rint(*value) && std::abs(*value) < 1e9;
  return isCount ? std::to_string(std::int64_t(*value)) : number(*value);
}

static std::string gridText(const Grid &grid) {
  std::size_t nameWidth = 0;
  std::vector<std::size_t> widths;
  for (const std::string &column : grid.columns)
    widths.push_back(column.size());
  for (const Grid::Line &line : grid.lines) {
    nameWidth = std::max(nameWidth, line.name.size());
    for (std::size_t n = 0; n < line.values.size(); ++n)
      widths[n] = std::max(widths[n], cellText(line.values[n]).size());
  }
  std::string text = grid.section + ": " + grid.title + "\n  " + std::string(nameWidth, ' ');
  for (std::size_t n = 0; n < widths.size(); ++n)
    text += "  " + padded(grid.columns[n], widths[n]);
  for (const Grid::Line &line : grid.lines) {
    text += "\n  " + line.name + std::string(nameWidth - line.name.size(), ' ');
    for (std::size_t n = 0; n < line.values.size(); ++n)
      text += "  " + padded(cellText(line.values[n]), widths[n]);
    if (!line.remark.empty())
      text += "  " + line.remark;
  }
  return text + "\n";
}

static std::string gridMarkdown(const Grid &grid) {
  std::string text = "## " + grid.section + ": " + grid.title + "\n\n| |", rule = "\n|---|";
  for (const std::string &column : grid.columns) {
    text += " " + column + " |";
    rule += "---:|";
  }
  text += " |" + rule + "---|";
  for (const Grid::Line &line : grid.lines) {
    text += "\n| " + line.name + " |";
    for (std::size_t n = 0; n < grid.columns.size(); ++n)
      text += (n < line.values.size() ? " " + cellText(line.values[n]) : "") + " |";
    text += " " + line.remark + " |";
  }
  return text + "\n";
}

std::string Table::text() const {
  std::string text = rowsText();
  for (const Grid &grid : grids)
    text += (text.empty() ? "" : "\n") + gridText(grid);
  return text;
}

std::string Table::markdown() const {
  std::string text = rows.empty() ? "" : "```text\n" + rowsText() + "```\n";
  for (const Grid &grid : grids)
    text += (text.empty() ? "" : "\n") + gridMarkdown(grid);
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
  nlohmann::ordered_json tables = nlohmann::ordered_json::array();
  for (const Grid &grid : grids) {
    nlohmann::ordered_json lines = nlohmann::ordered_json::array();
    for (const Grid::Line &line : grid.lines) {
      nlohmann::ordered_json values = nlohmann::ordered_json::array();
      for (const std::optional<double> &value : line.values)
        values.push_back(value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json());
      lines.push_back({{"name", line.name}, {"values", values}, {"remark", line.remark}});
    }
    tables.push_back({{"section", grid.section},
                      {"title", grid.title},
                      {"columns", grid.columns},
                      {"lines", std::move(lines)}});
  }
  return nlohmann::ordered_json{{"rows", std::move(list)}, {"grids", std::move(tables)}}.dump(1) +
         "\n";
}

std::vector<std::string> Table::exceeded() const {
  std::vector<std::string> names;
  for (const Row &row : rows)
    if (exceeds(row))
      names.push_back(row.section + ": " + row.name);
  return names;
}
