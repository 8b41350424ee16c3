#include <sys/epoll.h>
#include <sys/socket.h>

// The headers hide these where _GNU_SOURCE is not defined, and for Swift it is not. Each makes a descriptor that no child
// inherits, not even one that is started at the same moment.
int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
int pipe2(int ends[2], int flags);
int mkostemp(char *template_, int flags);
