/* efa_hold DEVICE QPS SECONDS [REGIONS]: holds a protection domain, a completion queue, memory regions (one, if not said
 * otherwise) and some SRD queue pairs ready to send, as a process of a job does between two messages. Says the number and
 * state of each queue pair. On SIGUSR1 it forks: its child holds all of it, too. */
#include <infiniband/efadv.h>
#include <infiniband/verbs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition) do { if (!(condition)) { perror(#condition); exit(1); } } while (0)
enum { region = 64 << 10, entries = 64 };

static struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);

	for (; list && *list; list++)
		if (!strcmp(ibv_get_device_name(*list), name))
			return ibv_open_device(*list);
	return NULL;
}

static void fork_once(int signal)
{
	(void)signal;
	if (fork() < 0)
		_exit(1);
}

static void make_ready(struct ibv_qp *qp)
{
	struct ibv_qp_attr to = { .qp_state = IBV_QPS_INIT, .port_num = 1, .qkey = 0x1234 };

	CHECK(!ibv_modify_qp(qp, &to, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY));
	to.qp_state = IBV_QPS_RTR;
	CHECK(!ibv_modify_qp(qp, &to, IBV_QP_STATE));
	to.qp_state = IBV_QPS_RTS;
	CHECK(!ibv_modify_qp(qp, &to, IBV_QP_STATE | IBV_QP_SQ_PSN));
}

int main(int argc, char **argv)
{
	if (argc != 4 && argc != 5)
		return fprintf(stderr, "usage: efa_hold DEVICE QPS SECONDS [REGIONS]\n"), 2;
	const int regions = argc == 5 ? atoi(argv[4]) : 1;
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	void *memory = aligned_alloc(4096, region);

	CHECK(context = open_device(argv[1]));
	CHECK(pd = ibv_alloc_pd(context));
	CHECK(cq = ibv_create_cq(context, entries, NULL, NULL, 0));
	for (int i = 0; i < regions; i++)
		CHECK(memory && ibv_reg_mr(pd, memory, region, IBV_ACCESS_LOCAL_WRITE));
	for (int i = 0; i < atoi(argv[2]); i++) {
		struct ibv_qp_init_attr_ex attributes = {
			.cap = { .max_send_wr = 16, .max_recv_wr = 16, .max_send_sge = 1, .max_recv_sge = 1 },
			.send_cq = cq, .recv_cq = cq, .pd = pd, .qp_type = IBV_QPT_DRIVER,
			.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
			.send_ops_flags = IBV_QP_EX_WITH_SEND };
		struct efadv_qp_init_attr srd = { .driver_qp_type = EFADV_QP_DRIVER_TYPE_SRD };

		CHECK(qp = efadv_create_qp_ex(context, &attributes, &srd, sizeof srd));
		make_ready(qp);
		printf("qp %u RTS\n", qp->qp_num);
	}
	fflush(stdout);
	signal(SIGUSR1, fork_once);
	for (unsigned int left = (unsigned int)atoi(argv[3]); left;)
		left = sleep(left);
	return 0;
}
