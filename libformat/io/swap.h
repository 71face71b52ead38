/* Putting a file without a name in the place of one that has it. */
#ifndef TARE_IO_SWAP_H
#define TARE_IO_SWAP_H

/* Gives the nameless file fd (O_TMPFILE) the name `name` in the folder dirfd, if the name is free. Returns 0 or errno. */
int tare_link_free(int fd, int dirfd, const char *name);
/* The same when name is taken: by way of temp, a free name beside it. Neither a signal nor the death of this process leaves temp behind.
 * Returns 0 or errno, EEXIST if temp is taken. */
int tare_link_over(int fd, int dirfd, const char *temp, const char *name);

/* work(ctx), which gives 0 to 255, in a child that no signal and no death of this process stops; it may do nothing but call the system.
 * What it returned; -1 if that is not known: a host that ignores or collects its children may leave us without its word. Where no child
 * can be had, it is done here. */
int tare_in_child(int (*work)(void *ctx), void *ctx);

#endif
