#include "lib/Runtime/Plan.h"

#include "lib/Runtime/LaunchChecks.h"
#include "lib/Runtime/PlanDigest.h"
#include "lib/Runtime/ProgramMemory.h"

using namespace lacuna;

Result<std::unique_ptr<PlanInstance>>
PlanInstance::create(std::shared_ptr<const ProgramInstance> program, Span<Value> arguments,
                     DeviceAddress memory, std::size_t bytes) {
  Result<std::size_t> needed = program->planBytes(arguments);
  if (!needed)
    return needed.status();
  std::unique_ptr<PlanInstance> plan(new PlanInstance(program));
  if (!memory && *needed) {
    Result<DeviceAddress> own = program->device.allocate(*needed);
    if (!own)
      return own.status();
    memory = *own;
    bytes = *needed;
    plan->ownsMemory = true;
  }
  plan->address = memory;
  plan->bytes = bytes;
  if (Status status = checkMemory("the plan", memory, bytes, *needed); !status.isOk())
    return status;
  plan->tensors = planTensors(program->loaded);
  plan->values.resize(program->inputs.size());
  if (checksForStalePlans())
    plan->digests.resize(plan->tensors.size());
  return plan;
}

PlanInstance::~PlanInstance() {
  if (ownsMemory)
    (void)program->device.release(address); // nobody is left to tell
}

Status PlanInstance::update(Span<Value> arguments, Stream stream) {
  isUpToDate = false;
  const Program &source = program->loaded;
  if (Status status = checkShapes(source, arguments); !status.isOk())
    return status;
  for (std::size_t index : tensors)
    if (Status status = checkAddress(source, arguments, index); !status.isOk())
      return status;
  Result<std::size_t> needed = memoryBytes(source, arguments, /*ofPlan=*/true);
  if (!needed)
    return needed.status();
  if (Status status = checkMemory("the plan", address, bytes, *needed); !status.isOk())
    return status;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = valueOf(source, program->inputs[i], arguments);
  for (std::size_t i = 0; i < digests.size(); ++i) {
    Result<std::string> digest = digestOf(program->device, arguments[tensors[i]].tensor, stream);
    if (!digest)
      return digest.status();
    digests[i] = std::move(*digest);
  }
  Status status =
      program->planned ? program->runPlan({arguments, {}, address, 0, stream}) : Status();
  isUpToDate = status.isOk();
  return status;
}

Status PlanInstance::status(Stream stream) const {
  if (!program->planned || !isUpToDate)
    return program->device.synchronize(stream);
  std::uint32_t word = 0;
  if (Status status = program->device.copyOut(&word, address, sizeof(word), stream); !status.isOk())
    return status;
  return program->explain(word);
}

Status PlanInstance::checkServes(const ProgramInstance &user, Span<Value> arguments,
                                 Stream stream) const {
  const Program &source = program->loaded;
  auto refuse = [](std::string why) { return Status(StatusKind::Type, std::move(why)); };
  if (&user != program.get() && user.identity() != program->identity())
    return refuse("the plan was made for @" + source.name +
                  ", which is another spec or compiled "
                  "for another target than @" +
                  user.loaded.name);
  if (!isUpToDate)
    return refuse("the plan of @" + source.name + " has not been updated");
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::uint64_t given = valueOf(source, program->inputs[i], arguments); given != values[i])
      return refuse(describeMismatch(source, program->inputs[i], values[i], given));
  for (std::size_t i = 0; i < digests.size(); ++i) {
    Result<std::string> digest = digestOf(program->device, arguments[tensors[i]].tensor, stream);
    if (!digest)
      return digest.status();
    if (*digest != digests[i])
      return refuse("the plan is stale: the elements of %" + source.arguments[tensors[i]].name +
                    " are not those that it was updated for");
  }
  return Status();
}
