//===- ExportConfigurations.cpp - Configurations for other programs ----------===//
//
// A folder with everything that a script needs to launch the same configurations
// through the C interface and to time other implementations on the same tables:
//
//   configurations.json   [{"number", "title", "spec", "mask", "dtype", "batch",
//                           "query_heads", "key_heads", "queries", "keys", "query_dim",
//                           "value_dim", "arguments", "visible_pairs", "not_yet"}]
//   N.mlir                the spec of configuration N
//   N.M.npy               argument M of it, where it is a table
//
// An argument is {"dtype", "value"} or {"dtype", "file"}.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/Files.h"
#include "lib/Support/Npy.h"
#include "tools/lacuna-bench/Configurations.h"
#include "tools/lacuna-run/Inputs.h"

#include <nlohmann/json.hpp>

#include <filesystem>

using namespace lacuna;
using nlohmann::ordered_json;

/// The arguments behind queries, keys and values; tables go to files.
static Result<ordered_json> exportArguments(const std::vector<HostArray> &arguments,
                                            const std::string &folder, const std::string &stem) {
  ordered_json list = ordered_json::array();
  for (std::size_t n = 3; n < arguments.size(); ++n) {
    const HostArray &array = arguments[n];
    ordered_json argument = {{"dtype", name(array.dtype)}};
    if (array.shape.empty()) {
      argument["value"] = elementOf(array, 0);
    } else {
      const std::string file = stem + "." + std::to_string(n) + ".npy";
      if (Status status = writeNpy(folder + "/" + file, array); !status.isOk())
        return status;
      argument["file"] = file;
    }
    list.push_back(std::move(argument));
  }
  return list;
}

static Result<ordered_json> exportOne(const BenchOptions &options,
                                      const Configuration &configuration, const std::string &folder,
                                      const std::string &stem) {
  ordered_json object = {{"number", configuration.number}, {"title", configuration.title}};
  if (!configuration.notYet.empty()) {
    object["not_yet"] = configuration.notYet;
    return object;
  }
  Result<PreparedConfiguration> prepared = prepare(options, configuration);
  if (!prepared)
    return prepared.status();
  if (Status status = writeFile(folder + "/" + stem + ".mlir", prepared->programs.front().text);
      !status.isOk())
    return status;
  Result<ordered_json> arguments =
      exportArguments(prepared->programs.front().arguments, folder, stem);
  if (!arguments)
    return arguments.status();
  const CaseShape &shape = configuration.shape;
  object.update({{"spec", stem + ".mlir"},
                 {"mask", configuration.kernel.spec},
                 {"dtype", name(configuration.kernel.dtype)},
                 {"batch", shape.batch},
                 {"query_heads", shape.queryHeads},
                 {"key_heads", shape.keyHeads},
                 {"queries", shape.queries},
                 {"keys", shape.keys},
                 {"query_dim", configuration.kernel.queryDim},
                 {"value_dim", configuration.kernel.valueDim},
                 {"arguments", *arguments},
                 {"visible_pairs", prepared->visiblePairs}});
  return object;
}

Status lacuna::exportConfigurations(const BenchOptions &options, const std::string &folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return Status(StatusKind::Io, "cannot make folder '" + folder + "': " + error.message());
  ordered_json list = ordered_json::array();
  for (const Configuration &configuration : configurations(options)) {
    Result<ordered_json> object =
        exportOne(options, configuration, folder, std::to_string(list.size()));
    if (!object)
      return Status(object.status().kind(), configuration.title + ": " + object.status().message());
    list.push_back(std::move(*object));
  }
  return writeFile(folder + "/configurations.json", list.dump(1) + "\n");
}
