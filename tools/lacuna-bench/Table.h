//===- Table.h - Measurements, as a table and as JSON -----------------------===//
#ifndef TOOLS_LACUNA_BENCH_TABLE_H
#define TOOLS_LACUNA_BENCH_TABLE_H

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lacuna {

/// One measured number.
struct Row {
  std::string section; ///< "compile"
  std::string name;    ///< "causal bf16 128, sm_80: nvrtc"
  double value = 0;
  std::string unit;            ///< "ms"
  std::optional<double> limit; ///< value must not exceed it
};

/// Figures of the same kinds for several things.
struct Grid {
  struct Line {
    std::string name;
    std::vector<std::optional<double>> values; ///< one for each column, or none at all
    std::string remark = {};                   ///< why a value is missing
  };
  std::string section;
  std::string title;                ///< what the lines are, and on what they were measured
  std::vector<std::string> columns; ///< with units: "time, ms"
  std::vector<Line> lines = {};
};

/// The figures of one run.
class Table {
public:
  void add(Row row) { rows.push_back(std::move(row)); }
  void add(Grid grid) { grids.push_back(std::move(grid)); }
  /// Aligned columns, a heading per section; rows over their limit are marked.
  std::string text() const;
  /// The same for a page of documentation.
  std::string markdown() const;
  /// {"rows": [{"section", "name", "value", "unit", "limit"}],
  ///  "grids": [{"section", "title", "columns", "lines": [{"name", "values", "remark"}]}]}
  std::string json() const;
  /// Names of the rows over their limit.
  std::vector<std::string> exceeded() const;

private:
  std::string rowsText() const;

  std::vector<Row> rows;
  std::vector<Grid> grids;
};

} // namespace lacuna

#endif // TOOLS_LACUNA_BENCH_TABLE_H
