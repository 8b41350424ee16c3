#include <zmq.h>
// A poll of ZeroMQ listens to plain descriptors too; Glibc's module leaves this one out.
#include <sys/eventfd.h>
