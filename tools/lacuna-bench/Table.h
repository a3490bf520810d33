//===- Table.h - Measurements, as a table and as JSON -----------------------===//
#ifndef TOOLS_LACUNA_BENCH_TABLE_H
#define TOOLS_LACUNA_BENCH_TABLE_H

#include <optional>
#include <string>
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

/// The rows of one run.
class Table {
public:
  void add(Row row) { rows.push_back(std::move(row)); }
  /// Aligned columns, a heading per section; rows over their limit are marked.
  std::string text() const;
  /// {"rows": [{"section", "name", "value", "unit", "limit"}]}
  std::string json() const;
  /// Names of the rows over their limit.
  std::vector<std::string> exceeded() const;

private:
  std::vector<Row> rows;
};

} // namespace lacuna

#endif // TOOLS_LACUNA_BENCH_TABLE_H
