/* read_counters ROUNDS DEVICE...: the floor of what a scrape can cost: every counter file of these devices, opened once,
 * is read in each round, one after the other. Says the mean of a round: microseconds of wall time and of CPU. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { most_files = 4096 };
static int files[most_files], count;

static void open_all(const char *device, const char *folder)
{
	char path[512];
	snprintf(path, sizeof path, "/sys/class/infiniband/%s/%s", device, folder);
	DIR *directory = opendir(path);

	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "lifespan"))
			continue;
		if (count < most_files && (files[count] = openat(dirfd(directory), entry->d_name, O_RDONLY)) >= 0)
			count++;
	}
	if (directory)
		closedir(directory);
}

static double microseconds(const struct timespec *t)
{
	return t->tv_sec * 1e6 + t->tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
	const int rounds = argc > 1 ? atoi(argv[1]) : 0;
	struct timespec begin, end, pause = { .tv_nsec = 50 * 1000 * 1000 }, cpu_begin, cpu_end;
	double wall = 0, cpu = 0;
	char text[64];

	for (int i = 2; i < argc; i++) {
		open_all(argv[i], "ports/1/hw_counters");
		open_all(argv[i], "hw_counters");
	}
	if (rounds < 1 || !count)
		return fprintf(stderr, "usage: read_counters ROUNDS DEVICE...\n"), 2;
	for (int round = 0; round < rounds; round++) {
		nanosleep(&pause, NULL); /* the driver's cache is over */
		clock_gettime(CLOCK_MONOTONIC, &begin);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_begin);
		for (int i = 0; i < count; i++)
			if (pread(files[i], text, sizeof text, 0) < 1)
				return perror("pread"), 1;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_end);
		clock_gettime(CLOCK_MONOTONIC, &end);
		wall += microseconds(&end) - microseconds(&begin);
		cpu += microseconds(&cpu_end) - microseconds(&cpu_begin);
	}
	printf("%.0f %.0f\n", wall / rounds, cpu / rounds);
	return 0;
}
