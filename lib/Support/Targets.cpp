#include "lib/Support/Targets.h"

using namespace lacuna;

static constexpr std::uint32_t KiB = 1024, MiB = 1024 * KiB;

static constexpr TargetInfo table[] = {
    {"sm_80", TargetFamily::Sm80, 163 * KiB, 164 * KiB, KiB, 2048, 32, 65536, 255, 40 * MiB, 2048},
    {"sm_86", TargetFamily::Sm80, 99 * KiB, 100 * KiB, KiB, 1536, 16, 65536, 255, 4 * MiB, 512},
    {"sm_89", TargetFamily::Sm80, 99 * KiB, 100 * KiB, KiB, 1536, 24, 65536, 255, 24 * MiB, 512},
    {"sm_90a", TargetFamily::Sm90, 227 * KiB, 228 * KiB, KiB, 2048, 32, 65536, 255, 50 * MiB, 4096},
    {"sm_100", TargetFamily::Sm80, 227 * KiB, 228 * KiB, KiB, 2048, 32, 65536, 255, 126 * MiB,
     8192},
    {"sm_120", TargetFamily::Sm80, 99 * KiB, 100 * KiB, KiB, 1536, 24, 65536, 255, 32 * MiB, 512},
};

std::span<const TargetInfo> lacuna::allTargets() { return table; }

const TargetInfo *lacuna::findTarget(std::string_view name) {
  for (const TargetInfo &target : table)
    if (target.name == name)
      return &target;
  return nullptr;
}

std::string lacuna::targetNames() {
  std::string names;
  for (const TargetInfo &target : table)
    names.append(names.empty() ? "" : ", ").append(target.name);
  return names;
}
