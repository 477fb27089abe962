/* mpi_job ROUNDS: what a training step does, again and again: ranks 0 and 1 exchange messages of three sizes, then all
 * ranks reduce a vector of 64 Ki doubles. Every byte received is checked; rank 0 says how long it took.
 * Exit code 1 if a value was wrong. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { largest = 1 << 20, vector = 1 << 16 };

static int rank, ranks, wrong;

/* Both ways, rank 0 first. */
static void exchange(char *buffer, int size, int round)
{
	if (rank == 0) {
		memset(buffer, round, size);
		MPI_Send(buffer, size, MPI_CHAR, 1, round, MPI_COMM_WORLD);
		memset(buffer, 0xff, size);
	}
	MPI_Recv(buffer, size, MPI_CHAR, 1 - rank, round, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	for (int i = 0; i < size; i++)
		wrong += buffer[i] != (char)round;
	if (rank == 1)
		MPI_Send(buffer, size, MPI_CHAR, 0, round, MPI_COMM_WORLD);
}

static void reduce(double *mine, double *sum)
{
	for (int i = 0; i < vector; i++)
		mine[i] = i + rank;
	MPI_Allreduce(mine, sum, vector, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	for (int i = 0; i < vector; i++)
		wrong += sum[i] != (double)i * ranks + ranks * (ranks - 1) / 2;
}

int main(int argc, char **argv)
{
	const int rounds = argc > 1 ? atoi(argv[1]) : 10;
	const int sizes[] = { 64, 8192, largest };
	char *buffer = malloc(largest);
	double *mine = malloc(vector * sizeof *mine), *sum = malloc(vector * sizeof *sum);

	if (!buffer || !mine || !sum)
		return 1;
	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	const double begin = MPI_Wtime();
	for (int round = 0; round < rounds; round++) {
		for (int s = 0; s < 3 && rank < 2; s++)
			exchange(buffer, sizes[s], round);
		reduce(mine, sum);
	}
	if (rank == 0)
		printf("%d rounds in %.2f s\n", rounds, MPI_Wtime() - begin);
	if (wrong)
		printf("rank %d: %d wrong values\n", rank, wrong);
	MPI_Finalize();
	return wrong != 0;
}
