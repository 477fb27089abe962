#include "agent/probe/device_probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

#include <dlfcn.h>
#include <infiniband/efadv.h>

#include "agent/probe/owned.h"

namespace efa {
namespace {

constexpr std::size_t region_bytes = 4096;
constexpr int completions = 16;
constexpr std::uint32_t work_requests = 8;
constexpr std::uint32_t qkey = 0x11111111;
constexpr std::uint8_t port = 1;

// Bits of efadv_device_attr::device_caps, which are the same for ever: a libefa newer than the
// header that this was built with sets them, too.
constexpr std::uint32_t cap_rdma_read = 1U << 0U;
constexpr std::uint32_t cap_rnr_retry = 1U << 1U;
constexpr std::uint32_t cap_cq_with_sgid = 1U << 2U;
constexpr std::uint32_t cap_rdma_write = 1U << 3U;
constexpr std::uint32_t cap_unsolicited_write_recv = 1U << 4U;
static_assert(cap_rdma_read == EFADV_DEVICE_ATTR_CAPS_RDMA_READ);
static_assert(cap_rnr_retry == EFADV_DEVICE_ATTR_CAPS_RNR_RETRY);
static_assert(cap_cq_with_sgid == EFADV_DEVICE_ATTR_CAPS_CQ_WITH_SGID);
#if EFA_HAS_CAP_RDMA_WRITE
static_assert(cap_rdma_write == EFADV_DEVICE_ATTR_CAPS_RDMA_WRITE);
#endif
#if EFA_HAS_CAP_UNSOLICITED_WRITE_RECV
static_assert(cap_unsolicited_write_recv == EFADV_DEVICE_ATTR_CAPS_UNSOLICITED_WRITE_RECV);
#endif

// Whether the libefa that runs is at least as new as one of its functions.
bool has_function(const char* name) { return ::dlsym(RTLD_DEFAULT, name) != nullptr; }

// RDMA write came with rdma-core 46, unsolicited receives with 52. To an older libefa, a device
// that has them looks as one without. The next functions came with 50 and 60.
bool knows_rdma_write() { return EFA_HAS_CAP_RDMA_WRITE != 0 || has_function("efadv_query_mr"); }
bool knows_unsolicited() {
  return EFA_HAS_CAP_UNSOLICITED_WRITE_RECV != 0 || has_function("efadv_query_qp_wqs");
}

// A pointer that a function of libibverbs made: 0 if it is there, else why not.
template <typename Object>
int error_unless(const Object* made) {
  if (made != nullptr) {
    return 0;
  }
  return errno != 0 ? errno : EIO;
}

std::uint16_t wide_inline_bytes(const efadv_device_attr& attributes) {
#if EFA_HAS_INLINE_BUF_SIZE_EX
  return attributes.inline_buf_size_ex;
#else
  // Where it is in newer headers. What does not know it leaves zero there.
  std::uint16_t bytes = 0;
  static_assert(sizeof attributes.reserved == sizeof bytes);
  std::memcpy(&bytes, attributes.reserved, sizeof bytes);
  return bytes;
#endif
}

class Probe {
 public:
  Probe(ibv_device& device, ProbeLog& log) : device_(device), log_(log) {}

  void run() {
    if (!step(ProbeStep::open_device, [this] { return open(); })) {
      return;
    }
    static_cast<void>(query() && bring_up());  // up to the first that fails
    if (is_efa_) {
      step(ProbeStep::tear_down, [this] { return tear_down(); });
    }
  }

 private:
  template <typename Function>
  bool step(ProbeStep name, const Function& function) {
    log_.begin(name);
    errno = 0;
    const int error = function();
    log_.end(error);
    return error == 0;
  }

  // Of a node that may not be opened libibverbs does not tell the errno, and it waits 5 s for udev.
  int open() {
    const int node = ::open(node_of(device_).c_str(), O_RDWR | O_CLOEXEC);
    const int node_error = node < 0 ? errno : 0;
    if (node >= 0) {
      ::close(node);
    } else if (node_error != ENOENT) {
      return node_error;
    }
    errno = 0;
    context_.take(ibv_open_device(&device_));
    return context_ || node_error == 0 ? error_unless(context_.get()) : node_error;
  }

  bool query() {
    return step(ProbeStep::query_device,
                [this] { return ibv_query_device(context_.get(), &limits_); }) &&
           step(ProbeStep::query_attributes, [this] { return query_attributes(); });
  }

  int query_attributes() {
    const int error = efadv_query_device(context_.get(), &attributes_, sizeof attributes_);
    is_efa_ = error != EOPNOTSUPP && error != ENOTSUP;
    if (!is_efa_) {
      log_.set_no_efa();
    } else if (error == 0) {
      log_.set_offers(offers());
    }
    return error;
  }

  [[nodiscard]] ProbeOffers offers() const {
    const auto number = [](int value) { return static_cast<std::uint64_t>(value); };
    const auto can = [this](std::uint32_t cap) { return (attributes_.device_caps & cap) != 0; };
    const auto can_if = [&](std::uint32_t cap, bool is_known) {
      return is_known || can(cap) ? std::optional(can(cap)) : std::nullopt;
    };
    ProbeOffers offers;
    offers.max_qp = number(limits_.max_qp);
    offers.max_cq = number(limits_.max_cq);
    offers.max_cqe = number(limits_.max_cqe);
    offers.max_mr = number(limits_.max_mr);
    offers.max_mr_bytes = limits_.max_mr_size;
    offers.max_pd = number(limits_.max_pd);
    offers.max_ah = number(limits_.max_ah);
    offers.max_sq_wr = attributes_.max_sq_wr;
    offers.max_rq_wr = attributes_.max_rq_wr;
    offers.max_sq_sge = attributes_.max_sq_sge;
    offers.max_rq_sge = attributes_.max_rq_sge;
    offers.inline_bytes = attributes_.inline_buf_size;
    offers.wide_inline_bytes = wide_inline_bytes(attributes_);
    offers.max_rdma_bytes = attributes_.max_rdma_size;
    offers.rdma_read = can(cap_rdma_read);
    offers.rnr_retry = can(cap_rnr_retry);
    offers.cq_with_sgid = can(cap_cq_with_sgid);
    offers.rdma_write = can_if(cap_rdma_write, knows_rdma_write());
    offers.unsolicited_write_recv = can_if(cap_unsolicited_write_recv, knows_unsolicited());
    return offers;
  }

  bool bring_up() {
    return step(ProbeStep::allocate_pd, [this] { return allocate_pd(); }) &&
           step(ProbeStep::register_memory, [this] { return register_memory(); }) &&
           step(ProbeStep::create_cq, [this] { return create_cq(); }) &&
           step(ProbeStep::create_qp, [this] { return create_qp(); }) &&
           step(ProbeStep::qp_to_init, [this] { return to_init(); }) &&
           step(ProbeStep::qp_to_rtr, [this] { return to_rtr(); }) &&
           step(ProbeStep::qp_to_rts, [this] { return to_rts(); }) &&
           step(ProbeStep::create_ah, [this] { return create_ah(); });
  }

  int allocate_pd() {
    pd_.take(ibv_alloc_pd(context_.get()));
    return error_unless(pd_.get());
  }

  // As libfabric does for what peers read.
  int register_memory() {
    memory_.reset(std::aligned_alloc(region_bytes, region_bytes));
    if (!memory_) {
      return ENOMEM;
    }
    const bool is_read = (attributes_.device_caps & cap_rdma_read) != 0;
    const unsigned local = IBV_ACCESS_LOCAL_WRITE;
    const unsigned access = is_read ? local | IBV_ACCESS_REMOTE_READ : local;
    mr_.take(ibv_reg_mr(pd_.get(), memory_.get(), region_bytes, access));
    return error_unless(mr_.get());
  }

  int create_cq() {
    cq_.take(ibv_create_cq(context_.get(), completions, nullptr, nullptr, 0));
    return error_unless(cq_.get());
  }

  int create_qp() {
    ibv_qp_init_attr_ex wanted{};
    wanted.cap.max_send_wr = work_requests;
    wanted.cap.max_recv_wr = work_requests;
    wanted.cap.max_send_sge = 1;
    wanted.cap.max_recv_sge = 1;
    wanted.send_cq = cq_.get();
    wanted.recv_cq = cq_.get();
    wanted.pd = pd_.get();
    wanted.qp_type = IBV_QPT_DRIVER;
    wanted.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
    wanted.send_ops_flags = IBV_QP_EX_WITH_SEND;
    efadv_qp_init_attr srd{};
    srd.driver_qp_type = EFADV_QP_DRIVER_TYPE_SRD;
    qp_.take(efadv_create_qp_ex(context_.get(), &wanted, &srd, sizeof srd));
    return error_unless(qp_.get());
  }

  int to_init() {
    ibv_qp_attr to{};
    to.qp_state = IBV_QPS_INIT;
    to.port_num = port;
    to.qkey = qkey;
    return ibv_modify_qp(qp_.get(), &to,
                         IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY);
  }

  int to_rtr() {
    ibv_qp_attr to{};
    to.qp_state = IBV_QPS_RTR;
    return ibv_modify_qp(qp_.get(), &to, IBV_QP_STATE);
  }

  int to_rts() {
    ibv_qp_attr to{};
    to.qp_state = IBV_QPS_RTS;
    return ibv_modify_qp(qp_.get(), &to, IBV_QP_STATE | IBV_QP_SQ_PSN);
  }

  int create_ah() {
    ibv_ah_attr to{};
    if (ibv_query_gid(context_.get(), port, 0, &to.grh.dgid) != 0) {
      return errno != 0 ? errno : EIO;
    }
    to.is_global = 1;
    to.port_num = port;
    ah_.take(ibv_create_ah(pd_.get(), &to));
    return error_unless(ah_.get());
  }

  // All of it, and the first errno.
  int tear_down() {
    int first = 0;
    for (const int error : std::array{ah_.release(), qp_.release(), cq_.release(), mr_.release(),
                                      pd_.release(), context_.release()}) {
      first = first != 0 ? first : error;
    }
    return first < 0 ? EIO : first;
  }

  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  ibv_device& device_;
  ProbeLog& log_;
  ibv_device_attr limits_{};
  efadv_device_attr attributes_{};
  bool is_efa_ = true;
  std::unique_ptr<void, Free> memory_;
  // Destroyed in reverse order, as their users have to be.
  OwnedContext context_;
  OwnedPd pd_;
  OwnedMr mr_;
  OwnedCq cq_;
  OwnedQp qp_;
  OwnedAh ah_;
};

}  // namespace

std::string node_of(const ibv_device& device) {
  return "/dev/infiniband/" + std::string(static_cast<const char*>(device.dev_name));
}

bool is_of_another_vendor(const ibv_device& device) {
  std::ifstream file(std::string(static_cast<const char*>(device.ibdev_path)) + "/device/vendor");
  std::string vendor;
  return file >> vendor && vendor != "0x1d0f";
}

void probe_device(ibv_device& device, ProbeLog& log) { Probe(device, log).run(); }

}  // namespace efa
