#include "tools/lacuna-tune/TunedTable.h"

#include "tools/lacuna-run/Text.h"

#include <map>

using namespace lacuna;

/// "TUNED_SCHEDULE("sm_90a", 128, 128, 2, false": what tells kinds of kernels apart.
static std::string kindOf(const tile::TunedSchedule &entry) {
  const tile::AttentionShape &shape = entry.shape;
  return "TUNED_SCHEDULE(\"" + std::string(entry.target) + "\", " +
         std::to_string(shape.queryFeatures) + ", " + std::to_string(shape.valueFeatures) + ", " +
         std::to_string(shape.elementBytes) + ", " + (shape.readsTables ? "true" : "false");
}

static std::string valuesOf(const tile::Schedule &schedule) {
  std::string text;
  for (std::int64_t number :
       {schedule.queryTile, schedule.keyTile, schedule.warps, schedule.stages})
    text += ", " + std::to_string(number);
  for (bool flag : {schedule.queryInRegisters, schedule.roles})
    text += flag ? ", true" : ", false";
  return text + ")";
}

/// Where the fifth value of an entry ends.
static std::size_t endOfKind(std::string_view line) {
  std::size_t end = 0;
  for (int values = 0; values < 5 && end != std::string_view::npos; ++values)
    end = line.find(',', end + 1);
  return end;
}

Result<std::string> lacuna::mergeTuned(const std::string &table,
                                       const std::vector<tile::TunedSchedule> &entries) {
  std::string comments;
  std::map<std::string, std::string, std::less<>> values;
  for (std::string_view rest = table; !rest.empty();) {
    const std::string_view line = takeUntil(rest, '\n');
    const std::size_t end = endOfKind(line);
    if (line.starts_with("//"))
      comments.append(line).append("\n");
    else if (line.starts_with("TUNED_SCHEDULE(") && end != std::string_view::npos)
      values[std::string(line.substr(0, end))] = line.substr(end);
    else if (!line.empty())
      return Status(StatusKind::Syntax,
                    "the table has a line that is no entry: '" + std::string(line) + "'");
  }
  for (const tile::TunedSchedule &entry : entries)
    values[kindOf(entry)] = valuesOf(entry.schedule);
  for (const auto &[kind, schedule] : values)
    comments.append(kind).append(schedule).append("\n");
  return comments;
}
