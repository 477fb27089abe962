#pragma once

#include <utility>

#include <infiniband/verbs.h>

namespace efa {

/// Owns an object of libibverbs. `Destroy` returns an errno.
template <typename Object, int (*Destroy)(Object*)>
class Owned {
 public:
  Owned() = default;
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { static_cast<void>(release()); }

  void take(Object* object) {
    static_cast<void>(release());
    object_ = object;
  }
  [[nodiscard]] Object* get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  /// Destroys what there is; 0, or the errno with which that failed. It is not tried again.
  int release() {
    Object* object = std::exchange(object_, nullptr);
    return object == nullptr ? 0 : Destroy(object);
  }

 private:
  Object* object_ = nullptr;
};

using OwnedContext = Owned<ibv_context, ibv_close_device>;
using OwnedPd = Owned<ibv_pd, ibv_dealloc_pd>;
using OwnedMr = Owned<ibv_mr, ibv_dereg_mr>;
using OwnedCq = Owned<ibv_cq, ibv_destroy_cq>;
using OwnedQp = Owned<ibv_qp, ibv_destroy_qp>;
using OwnedAh = Owned<ibv_ah, ibv_destroy_ah>;

}  // namespace efa
