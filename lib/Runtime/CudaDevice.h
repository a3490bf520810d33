//===- CudaDevice.h - The `cuda` device ------------------------------------===//
#ifndef LIB_RUNTIME_CUDADEVICE_H
#define LIB_RUNTIME_CUDADEVICE_H

#include "lacuna/Device.h"

#include <functional>

namespace lacuna {

/// Number of CUDA devices; 0 where there is no driver or no device. Errors:
/// Driver when there is a driver that does not work, so that a machine whose
/// GPU is broken is not taken for one without.
Result<int> cudaDeviceCount();

/// A GPU through the CUDA driver. It works in the device's primary context,
/// which is the one that the CUDA runtime and every framework use; the calling
/// thread's current context is as before after each call. Launching and copying
/// may be done from several threads.
/// Errors: Driver when there is no driver or no such device; Unsupported when
/// the device is older than every target.
Result<std::unique_ptr<Device>> openCudaDevice(int ordinal);

/// Seconds that the device takes for what `work` enqueues on the stream, by its own
/// clock; waits for the end. Errors: Unsupported for a device that openCudaDevice did
/// not open, before anything is enqueued; what `work` returns; Driver.
Result<double> timeOnCuda(Device &device, Stream stream, const std::function<Status()> &work);

} // namespace lacuna

#endif // LIB_RUNTIME_CUDADEVICE_H
